/** What a credential is put on: for a signature, everything that it covers. */
export interface Signable {
  readonly method: string;
  /** With its query. */
  readonly url: URL;
}

/** Puts a connection's credential on a request. Lives with the connection; any number of requests use it at once. */
export interface Authorizer {
  /** The headers that carry the credential. Throws `ConnectorFailure` of kind `auth` while the connection is parked. */
  headers(request: Signable, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * The system refused these headers. True when the next ones may fare better; the request, which did not happen, is
   * then sent once more.
   */
  refused(headers: Readonly<Record<string, string>>): Promise<boolean>;
  /** The secret texts in use, so that no message shows them wherever they turn up. */
  secrets(): readonly string[];
}
