// Compresses each file named on the command line with Brotli at its best, into the same name with `.br` behind it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

for (const file of process.argv.slice(2)) {
  const contents = readFileSync(file);
  const compressed = brotliCompressSync(contents, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: contents.length,
    },
  });
  // A file under its final name is whole, even if this is interrupted.
  writeFileSync(`${file}.br.part`, compressed);
  renameSync(`${file}.br.part`, `${file}.br`);
}
