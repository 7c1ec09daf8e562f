// Files on their way to the server, as lib/uploads.js keeps them.

/** A file that was chosen. */
export interface Chosen {
  id: string
  bytes: Blob
  kind: "image" | "file" | "voice"
  name: string
  /** a media type, "" when not known */
  type: string
  /** of a picture, in pixels */
  width?: number
  height?: number
  /** of a voice message */
  duration_ms?: number
  waveform?: number[]
}

/** A file on its way to the server, or there, whose message is not sent. */
export interface Job extends Omit<Chosen, "bytes"> {
  user_id: number
  conversation_id: number
  /** bytes */
  size: number
  /** milliseconds, when it was chosen; rises from one to the next */
  order: number
  state: "waiting" | "sending" | "ready" | "failed"
  /** bytes that the server has */
  sent: number
  /** the id that the server gave it, "" before */
  upload: string
  /** why it failed, a sentence */
  fault?: string
  /** it was sent again because the server had it no longer */
  renewed?: boolean
}
