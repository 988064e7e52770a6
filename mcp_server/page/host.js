"use strict";

/** The host around this page: JSON-RPC over messages, as MCP Apps (revision 2026-01-26) has it. */
class Host {
  #next = 1;
  #open = new Map(); // requests that wait for their answer, by id
  #handlers;

  /** `handlers`: functions by the name of the notification that they take. */
  constructor(handlers) {
    this.#handlers = handlers;
    addEventListener("message", (event) => {
      if (event.source === parent && event.data?.jsonrpc === "2.0") this.#hear(event.data);
    });
  }

  /** The handshake. Gives what the host says of itself. */
  async connect() {
    const found = await this.#request("ui/initialize", {
      protocolVersion: "2026-01-26",
      appInfo: { name: "mepg picture", version: "1" },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    });
    this.#send({ method: "ui/notifications/initialized", params: {} });
    return found;
  }

  /** What a tool of the server answers. Throws its sentence where it refuses. */
  async call(name, args) {
    const result = await this.#request("tools/call", { name, arguments: args });
    if (result.isError) throw new Error(wordsOf(result));
    return result;
  }

  /** A picture of the server, as a data URL. */
  async picture(uri) {
    const { contents } = await this.#request("resources/read", { uri });
    return `data:${contents[0].mimeType};base64,${contents[0].blob}`;
  }

  /** Tells the assistant what happened here; a host that does not listen is none the worse. */
  tell(text) {
    this.#request("ui/update-model-context", { content: [{ type: "text", text }] }).catch(() => {});
  }

  sized(width, height) {
    this.#send({ method: "ui/notifications/size-changed", params: { width, height } });
  }

  #request(method, params) {
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => this.#open.set(id, { resolve, reject }));
    this.#send({ id, method, params });
    return answer;
  }

  #send(message) {
    parent.postMessage({ jsonrpc: "2.0", ...message }, "*"); // which origin the host has is not told to a page
  }

  #hear({ id, method, params, result, error }) {
    if (method === undefined) {
      const waiting = this.#open.get(id);
      this.#open.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    } else if (id === undefined) {
      this.#handlers[method]?.(params ?? {});
    } else if (method === "ping" || method === "ui/resource-teardown") {
      this.#send({ id, result: {} });
    } else {
      this.#send({ id, error: { code: -32601, message: `This page does not serve ${method}.` } });
    }
  }
}

function wordsOf(result) {
  return (result.content ?? []).filter((block) => block.type === "text").map((block) => block.text).join("\n");
}

/** The image in an answer, as a data URL; undefined where there is none. */
function imageOf(result) {
  const image = (result.content ?? []).find((block) => block.type === "image");
  return image && `data:${image.mimeType};base64,${image.data}`;
}
