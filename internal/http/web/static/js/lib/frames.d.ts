// The frames of the socket and the shapes of the API, as internal/live/wire writes
// them. Fields that no module reads are left out.

export interface Person {
  id: number
  username: string
  name: string
  online: boolean
  last_seen: string | null
}

export interface Participant extends Person {
  role: "buyer" | "seller"
  read_seq: number
  delivered_seq: number
}

export interface Listing {
  id: number
  title: string
  price: { amount: number; currency: string }
  category: string
  status: "active" | "reserved" | "sold" | "inactive"
  photos: { url: string; thumb_url: string; width: number; height: number }[]
  url: string
}

/** One emoji at a message, in the order in which they came up. */
export interface Reaction {
  emoji: string
  count: number
  user_ids: number[]
}

/** What an answer shows of the message that it answers. */
export interface Quote {
  message_id: number
  seq: number
  sender_id: number
  sender_name: string
  /** at most 160 characters; empty once it was deleted */
  message: string
  deleted?: boolean
}

/** A file that goes with a message. */
export interface Attachment {
  /** of its upload while that waits in this browser */
  id: string
  kind: "image" | "voice" | "file"
  name: string
  type: string
  size: number
  url: string
  /** of an image; one that waits may not know its size */
  thumb_url?: string
  width?: number
  height?: number
  animated?: boolean
  /** of a voice message */
  duration_ms?: number
  waveform?: number[]
  /** of one that waits in this browser: how far it has come */
  job?: { state: "waiting" | "sending" | "ready" | "failed"; sent: number; fault?: string }
}

export interface Message {
  conversation_id: number
  message_id: number
  seq: number
  client_id: string
  sender_id: number
  sender_name: string
  message: string
  timestamp: string
  is_read: boolean
  /** absent when the text was never changed */
  edited_at?: string
  /** taken away for everyone: message is empty */
  deleted?: boolean
  /** absent without any */
  reactions?: Reaction[]
  /** absent without any */
  attachments?: Attachment[]
  /** absent when it answers none */
  reply_to?: Quote
  /** in a replay: its reader has deleted it for themselves, and it says nothing */
  hidden?: boolean
}

export interface Conversation {
  id: number
  listing: Listing
  other: Person
  role: "buyer" | "seller"
  head: number
  unread: number
  last_message: Message | null
  last_at: string
  closed: boolean
  archived: boolean
  muted: boolean
  muted_until: string | null
  pinned: boolean
  marked_unread: boolean
  /** up to where the reader has deleted it for themselves */
  cleared_seq?: number
  /** nobody has written since: it is in no list */
  cleared?: boolean
  url: string
}

export interface Hello {
  type: "hello"
  epoch: string
  you: Person
  heartbeat_ms: number
  limits: { message_chars: number }
  unread?: number
  unread_notifications?: number
}

export interface MessageFrame extends Message {
  type: "message"
}

/** An event that changes a message: seq and at are the event's, message_seq is the message's place. */
export interface RevisionFrame extends Message {
  type: "message_edited" | "message_deleted" | "reaction"
  message_seq: number
  at: string
}

/** The reader has deleted a message for themselves, or has taken that back: then it is there. */
export interface HiddenFrame {
  type: "hidden"
  conversation_id: number
  message_id: number
  hidden: boolean
  message?: Message
}

export interface Ack {
  type: "ack"
  client_id: string
  conversation_id: number
  message_id: number
  seq: number
  timestamp: string
  duplicate: boolean
}

export interface Refusal {
  type: "error"
  code: string
  detail: string
  client_id?: string
  field?: string
  retryable: boolean
  retry_after_ms?: number
}

export interface TypingFrame {
  type: "typing"
  conversation_id: number
  user_id: number
  user: string
  is_typing: boolean
}

export interface Cursor {
  type: "read" | "delivered"
  conversation_id: number
  user_id: number
  seq: number
  timestamp: string
}

export interface PresenceFrame {
  type: "presence"
  user_id: number
  online: boolean
  last_seen: string | null
}

/** What somebody shows of themselves has changed: ask again. */
export interface PrivacyFrame {
  type: "privacy"
  user_id: number
}

export interface ConversationFrame {
  type: "conversation"
  conversation: Conversation
}

export interface ListingFrame {
  type: "listing"
  listing_id: number
  /** null for one that is gone */
  listing: Listing | null
}

export interface NotificationFrame {
  type: "notification"
  /** absent when only the count has changed */
  notification?: { id: number; type: string; conversation_id?: number; seq?: number }
  unread: number
}

export interface CaughtUp {
  type: "caught_up"
  conversation_id: number
  head: number
}

export interface Reset {
  type: "reset"
  conversation_id: number
  reason: string
}

export interface Bye {
  type: "bye"
  reason: string
  retry_after_ms: number
}

export interface Pong {
  type: "pong"
}

export type Frame =
  | Hello
  | MessageFrame
  | RevisionFrame
  | HiddenFrame
  | Ack
  | Refusal
  | TypingFrame
  | Cursor
  | PresenceFrame
  | PrivacyFrame
  | ConversationFrame
  | ListingFrame
  | NotificationFrame
  | CaughtUp
  | Reset
  | Bye
  | Pong

/** A page of GET /conversations/{id}/messages. */
export interface MessagesPage {
  messages: Message[]
  head: number
  epoch: string
  has_more: boolean
}
