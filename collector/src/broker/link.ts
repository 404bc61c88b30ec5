/** A message as it arrived. `retained`: kept by the broker from some time before, so its age says nothing of clocks. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** Takes a message; a promise holds the next one back until it resolves. */
export type Receive = (delivery: Delivery) => void | Promise<void>;

/** The collector's connection to its broker, the same whether the broker is embedded or elsewhere. */
export interface Link {
  /** Null while connected; otherwise why not, in words for an operator. */
  readonly problem: string | null;
  /**
   * Sends with QoS 1. While there is no connection the message is dropped: everything sent here is sent again when it
   * matters.
   */
  publish(topic: string, payload: string, options: { readonly retain: boolean }): void;
  close(): Promise<void>;
}
