// The reference photo: a file field in the page's own language, and a picture from the camera, whose JPEG goes into that field
// as if it had been chosen there.
"use strict";
(() => {
  // Why there is no camera, by the names of W3C Media Capture and Streams, section 9.2.
  const FAILURES = {
    NotAllowedError: "refused",
    SecurityError: "refused",
    NotFoundError: "missing",
    OverconstrainedError: "missing",
    NotReadableError: "busy",
    AbortError: "busy",
  };
  const element = (id) => document.getElementById(id);
  const file = element("photo-file");
  if (!file) return;
  // Browsers write their own language on a file field. The field stays for keys and screen readers; its label is the button.
  const input = element("photo");
  const tellFile = () => {
    const chosen = input.files[0];
    const large = chosen && chosen.size > Number(file.dataset.mostBytes);
    // Too large to be sent at all: said at once, and what else was entered stays.
    if (large) input.value = "";
    const told = chosen ? `${file.dataset.chosen}: ${chosen.name}` : "";
    element("photo-status").textContent = large ? file.dataset.large : told;
  };
  file.classList.add("worded");
  input.addEventListener("change", tellFile);
  tellFile();

  const camera = element("camera");
  if (!camera || !navigator.mediaDevices?.getUserMedia || typeof DataTransfer !== "function") return;

  const open = element("camera-open");
  const live = element("camera-live");
  const video = element("camera-video");
  const picture = element("camera-picture");
  const status = element("camera-status");
  let stream = null;
  let opening = 0;

  const close = () => {
    opening += 1;
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    live.hidden = true;
    open.hidden = false;
  };

  open.addEventListener("click", async () => {
    close();
    const mine = opening;
    status.textContent = "";
    try {
      const granted = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
        audio: false,
      });
      if (mine !== opening) {
        granted.getTracks().forEach((track) => track.stop());
        return;
      }
      stream = granted;
      video.srcObject = stream;
      open.hidden = true;
      live.hidden = false;
      element("camera-shoot").focus();
    } catch (failure) {
      status.textContent = camera.dataset[FAILURES[failure.name] ?? "failed"];
    }
  });

  element("camera-close").addEventListener("click", () => {
    close();
    open.focus();
  });

  element("camera-shoot").addEventListener("click", () => {
    if (!video.videoWidth) return;
    picture.width = video.videoWidth;
    picture.height = video.videoHeight;
    picture.getContext("2d").drawImage(video, 0, 0);
    picture.toBlob(
      (blob) => {
        if (!blob) {
          status.textContent = camera.dataset.failed;
          return;
        }
        const files = new DataTransfer();
        files.items.add(new File([blob], "camera.jpg", { type: "image/jpeg" }));
        input.files = files.files;
        tellFile();
        picture.hidden = false;
        status.textContent = camera.dataset.taken;
        close();
        open.focus();
      },
      "image/jpeg",
      0.92,
    );
  });

  // A file that is chosen after a picture was taken replaces it.
  input.addEventListener("change", () => {
    picture.hidden = true;
    status.textContent = "";
  });

  // Leaving the page, also into the back-forward cache, stops the camera.
  addEventListener("pagehide", close);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
  });

  camera.hidden = false;
})();
