import type { Item } from "./item.js"

/** The conversation of a page, as the server has rendered it. */
export interface Opened {
  id: number
  other: number
  epoch: string
  head: number
  headAt: string
  /** how far the reader has come */
  seen: number
  otherRead: number
  otherDelivered: number
  hasOlder: boolean
  atEnd: boolean
  items: Item[]
}
