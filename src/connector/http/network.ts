/** Where a connection may reach to. Comes from the deployment, never from a sync file. */
export interface NetworkPolicy {
  /** http beside https. */
  readonly allowPlain?: boolean;
  /** Addresses of private networks, for systems on the deployment's own premises. */
  readonly allowPrivate?: boolean;
  /** This machine itself, for tests and demonstrations. */
  readonly allowLoopback?: boolean;
  /** Certificates (PEM) of the only authorities to trust, for a system with a certificate of its own making. */
  readonly authorities?: string;
}
