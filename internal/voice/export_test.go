package voice

// OggSum is the checksum of a page.
var OggSum = oggSum
