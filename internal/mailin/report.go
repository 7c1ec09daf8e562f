package mailin

import (
	"bytes"
	"regexp"
	"strings"
)

var statusCode = regexp.MustCompile(`^\s*([245]\.\d{1,3}\.\d{1,3})\b`)

// parseReport reads a message/delivery-status (RFC 3464): a block of fields for the mail, and one
// for each of those to whom it went. A failure for good is Action failed with a Status of 5; what
// fails for now, is delayed, relayed or delivered is not.
func parseReport(body []byte) *Bounce {
	b := &Bounce{}
	body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	for _, block := range bytes.SplitN(body, []byte("\n\n"), mostParts) {
		if block = bytes.TrimLeft(block, "\n"); len(block) == 0 {
			continue
		}
		h, err := parseHeader(block, false)
		if err != nil {
			break
		}
		status := ""
		if m := statusCode.FindStringSubmatch(h.Get("Status")); m != nil {
			status = m[1]
		}
		action, _, _ := strings.Cut(strings.TrimSpace(h.Get("Action")), " ")
		if strings.EqualFold(action, "failed") && strings.HasPrefix(status, "5.") {
			b.Failed, b.Status = true, status
			return b
		}
		if status != "" {
			b.Status = status
		}
	}
	return b
}
