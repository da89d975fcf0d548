// Draws a head as a camera would see it: textured triangles, light, sensor noise.

import type { Head, Pose } from "./head.ts";

/** One person before the camera. */
export interface Sitter {
  readonly head: Head;
  readonly portrait: ImageBitmap;
}

/** How a picture is taken. */
export interface Exposure {
  /** Height of the face as a share of the picture's height. */
  readonly faceHeight: number;
  /** Where the face's middle lies across the picture: 0.5 is its middle. */
  readonly faceAt: number;
  /** Gain: 1 as in the portrait. */
  readonly light: number;
  /** Standard deviation of the sensor's noise, in steps of 1/255. */
  readonly noise: number;
}

const VERTEX = `
  attribute vec3 at;
  attribute vec2 uv;
  uniform vec2 size;
  varying vec2 from;
  varying vec2 pixel;
  void main() {
    from = uv;
    pixel = at.xy;
    gl_Position = vec4(2.0 * at.x / size.x - 1.0, 1.0 - 2.0 * at.y / size.y, at.z, 1.0);
  }`;

const FRAGMENT = `
  precision highp float;
  uniform sampler2D portrait;
  uniform float light;
  uniform float dark;
  uniform float noise;
  uniform float seed;
  varying vec2 from;
  varying vec2 pixel;
  float random(vec2 at) {
    vec3 p = fract(vec3(at.xyx) * 0.1031);
    p += dot(p, p.yzx + 33.33);
    return fract((p.x + p.y) * p.z);
  }
  float sample2(vec2 at) { return random(at) + random(at + 71.7) - 1.0; }
  void main() {
    // The portrait is mirrored past its edge.
    vec2 uv = 1.0 - abs(1.0 - mod(from, 2.0));
    vec3 colour = texture2D(portrait, uv).rgb;
    colour = mix(colour, vec3(0.10, 0.03, 0.03), dark) * light;
    vec2 cell = floor(pixel) + seed;
    vec3 grain = vec3(sample2(cell), sample2(cell + 13.1), sample2(cell + 29.3));
    gl_FragColor = vec4(colour + noise * (0.7 * grain.x + 0.3 * grain), 1.0);
  }`;

export class Renderer {
  readonly canvas: HTMLCanvasElement;
  readonly #gl: WebGLRenderingContext;
  readonly #program: WebGLProgram;
  readonly #textures = new Map<ImageBitmap, WebGLTexture>();
  readonly #buffer: WebGLBuffer;

  constructor(width: number, height: number) {
    this.canvas = Object.assign(document.createElement("canvas"), { width, height });
    const gl = this.canvas.getContext("webgl", { preserveDrawingBuffer: true, antialias: true });
    if (!gl) throw new Error("the face puppet needs WebGL");
    this.#gl = gl;
    this.#program = link(gl);
    this.#buffer = gl.createBuffer()!;
    gl.useProgram(this.#program);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    for (const [name, length, offset] of [["at", 3, 0], ["uv", 2, 12]] as const) {
      const location = gl.getAttribLocation(this.#program, name);
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, length, gl.FLOAT, false, 20, offset);
    }
    gl.uniform2f(this.#uniform("size"), width, height);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.viewport(0, 0, width, height);
  }

  /** An empty wall, under a lamp that flickers as lamps do. */
  drawWall(exposure: Exposure): void {
    const light = exposure.light * (0.96 + 0.08 * Math.random());
    this.#begin(0.42 * light, 0.4 * light, 0.37 * light);
  }

  /** One person, filling the picture with the portrait's background. */
  draw({ head, portrait }: Sitter, pose: Pose, exposure: Exposure): void {
    this.#begin(0, 0, 0);
    const scale = (exposure.faceHeight * this.canvas.height) / head.size[1];
    this.#drawHead(head, portrait, pose, exposure, scale);
  }

  /** Another person in front of what is drawn, cut out around the head. */
  drawBeside({ head, portrait }: Sitter, pose: Pose, exposure: Exposure): void {
    const gl = this.#gl;
    const { width, height } = this.canvas;
    const half = 0.75 * exposure.faceHeight * height;
    const left = Math.round(exposure.faceAt * width - half);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(left, 0, Math.round(2 * half), height);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    this.#drawHead(head, portrait, pose, exposure, (exposure.faceHeight * height) / head.size[1]);
    gl.disable(gl.SCISSOR_TEST);
  }

  #begin(red: number, green: number, blue: number): void {
    const gl = this.#gl;
    gl.clearColor(red, green, blue, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  }

  #drawHead(head: Head, portrait: ImageBitmap, pose: Pose, exposure: Exposure, scale: number): void {
    const gl = this.#gl;
    const { width, height } = this.canvas;
    const points = head.posed(pose);
    const texture = head.texture(pose);
    const depth = 4 * head.size[0];
    const corner = (index: number) => [
      (points[index][0] - head.middle[0]) * scale + exposure.faceAt * width,
      (points[index][1] - head.middle[1]) * scale + 0.52 * height,
      Math.max(-0.99, Math.min(0.99, points[index][2] / depth)),
      texture[index][0] / portrait.width,
      texture[index][1] / portrait.height,
    ];
    gl.bindTexture(gl.TEXTURE_2D, this.#texture(portrait));
    gl.uniform1f(this.#uniform("light"), exposure.light);
    gl.uniform1f(this.#uniform("noise"), (exposure.noise * 2.4) / 255);
    gl.uniform1f(this.#uniform("seed"), Math.floor(Math.random() * 900));
    for (const [triangles, dark] of [[head.surface, 0], [head.mouth, Math.min(1, 1.5 * pose.mouthOpen)], [head.lashes, 0.75]] as const) {
      const vertices = new Float32Array(triangles.flatMap((triangle) => triangle.flatMap(corner)));
      gl.uniform1f(this.#uniform("dark"), dark);
      gl.bufferData(gl.ARRAY_BUFFER, vertices, gl.STREAM_DRAW);
      gl.drawArrays(gl.TRIANGLES, 0, 3 * triangles.length);
    }
  }

  #texture(portrait: ImageBitmap): WebGLTexture {
    const known = this.#textures.get(portrait);
    if (known) return known;
    const gl = this.#gl;
    const texture = gl.createTexture()!;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, portrait);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.LINEAR);
    this.#textures.set(portrait, texture);
    return texture;
  }

  #uniform(name: string): WebGLUniformLocation | null {
    return this.#gl.getUniformLocation(this.#program, name);
  }
}

function link(gl: WebGLRenderingContext): WebGLProgram {
  const program = gl.createProgram()!;
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? "shader");
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return program;
}
