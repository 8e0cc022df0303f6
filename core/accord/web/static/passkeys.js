// Forms that a passkey fills in: ask our server what to sign, have the browser's device sign it, post the answer.
// `data-passkey` is get or create; `data-options` is where to ask; `data-origin` is the one address where it works.

const WORDS = {
  NotAllowedError: "That was cancelled, took too long, or no device here has a passkey for this.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "This page is not at the address that passkeys are made for.",
};

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Browsers of the last years bring these two themselves; the rest is what they do.
function opened(options) {
  const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
    excludeCredentials: described(options.excludeCredentials),
    allowCredentials: described(options.allowCredentials),
  };
}

function closed(made) {
  const answer = made.response;
  const response = { clientDataJSON: text(answer.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[name]) response[name] = text(answer[name]);
  }
  if (answer.getTransports) response.transports = answer.getTransports();
  return { id: made.id, rawId: text(made.rawId), type: made.type, response };
}

async function asked(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { Accept: "application/json" } });
  if (answer.redirected) {
    location.assign(answer.url);
    return null;
  }
  if (answer.status === 429) throw new Error("Too many tries. Wait a minute, then try again.");
  if (!answer.ok) throw new Error(`That did not work (${answer.status}). Reload the page and try again.`);
  return opened(await answer.json());
}

async function fill(form) {
  const options = await asked(form);
  if (!options) return;
  const made = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: options })
    : await navigator.credentials.get({ publicKey: options });
  form.elements.credential.value = JSON.stringify(closed(made));
  form.submit();
}

function say(form, words, role) {
  const box = form.querySelector(".passkey-trouble");
  if (role) box.setAttribute("role", role);
  box.textContent = words;
  box.hidden = !words;
}

function unusable(form, words) {
  form.querySelector("button").disabled = true;
  say(form, words);
}

function prepare(form) {
  form.hidden = false;
  const button = form.querySelector("button");
  if (location.origin !== form.dataset.origin) {
    unusable(form, `Passkeys work at ${form.dataset.origin}: open that address.`);
    return;
  }
  if (!window.PublicKeyCredential) {
    unusable(form, "This browser knows no passkeys.");
    return;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say(form, "", "alert");
    try {
      await fill(form);
    } catch (error) {
      say(form, WORDS[error.name] || error.message);
      button.disabled = false;
    }
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
