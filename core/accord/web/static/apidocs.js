// Draws the OpenAPI document with swagger-ui. Nothing is asked of another host: no validator badge.
"use strict";

const place = document.getElementById("swagger-ui");

function followTheme() {
  const chosen = document.documentElement.dataset.bsTheme;
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark-mode", dark);
}

if (place) {
  followTheme();
  document.addEventListener("accord:theme", followTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", followTheme);
  SwaggerUIBundle({
    domNode: place,
    url: place.dataset.url,
    validatorUrl: null,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    presets: [SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
      const target = new URL(request.url, location.href);
      if (target.origin !== location.origin) throw new Error("only this installation is asked");
      return request;
    },
  });
}
