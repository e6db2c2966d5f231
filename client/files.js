// The files of a job. Their links need no token, so none is sent.

/** A file of a record, with ways to read it. */
export class VaultFile {
  #http;

  constructor(http, file) {
    this.#http = http;
    Object.assign(this, file);
  }

  /** The link that makes a browser save the file under its own name. */
  get downloadUrl() {
    return `${this.url}?download`;
  }

  /** Returns the response, so that its headers can be read too. `range` is the header's value: `bytes=0-1023`. */
  response({ range, signal } = {}) {
    return this.#http.ask(this.url, { headers: range ? { range } : {}, signal });
  }

  /** Returns the file's bytes as they come. */
  async stream(options) {
    return (await this.response(options)).body;
  }
}
