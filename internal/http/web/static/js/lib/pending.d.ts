// Messages that the server has not acknowledged, and where they are kept.

import type { Ack, Quote } from "./frames.js"

export interface Pending {
  client_id: string
  user_id: number
  conversation_id: number
  text: string
  /** what it answers */
  reply?: Quote
  /** ids of files; it waits until they are at the server */
  files?: string[]
  /** RFC 3339, when it was written */
  at: string
  /** rises from one message to the next */
  order: number
  state: "waiting" | "sending" | "failed"
  /** why it failed, a sentence */
  fault?: string
}

/** Where a message stands that the server has committed. */
export type Sent = Pick<Ack, "client_id" | "conversation_id" | "message_id" | "seq" | "timestamp">

/** Where pending messages are kept over a reload. */
export interface Storage {
  /** whether other tabs find there what this one has left */
  shared: boolean
  all(userId: number): Promise<Pending[]>
  put(one: Pending): Promise<void>
  /** takes away a message, in one moment with its files */
  remove(clientId: string, sent?: Sent, files?: string[]): Promise<void>
  /** false once another tab has sent or deleted it */
  has(clientId: string): Promise<boolean>
  /** whether any file of a person's is kept */
  hasFiles(userId: number): Promise<boolean>
}
