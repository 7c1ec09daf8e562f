package chat

import "time"

// AuditAction is what was done to an account.
type AuditAction string

// The actions that are kept. Their words are in the database and in what operators read by
// machine, so they never change.
const (
	AuditRegistered      AuditAction = "registered"
	AuditSignedIn        AuditAction = "signed_in"
	AuditSignInFailed    AuditAction = "sign_in_failed"
	AuditSignInLimited   AuditAction = "sign_in_limited" // attempts that nobody looked at; one entry for many
	AuditSignedOut       AuditAction = "signed_out"
	AuditPasswordChanged AuditAction = "password_changed" // by the person
	AuditPasswordSet     AuditAction = "password_set"     // by the operator's command
	AuditProfileChanged  AuditAction = "profile_changed"
	AuditDeviceEnded     AuditAction = "device_ended"
	AuditOthersEnded     AuditAction = "other_sessions_ended"
	AuditAccountClosed   AuditAction = "account_closed"
	AuditPushAdded       AuditAction = "push_added" // a browser is sent push messages
	AuditPushRemoved     AuditAction = "push_removed"
	AuditEmailVerified   AuditAction = "email_verified" // by the link that was mailed
	AuditEmailBounced    AuditAction = "email_bounced"  // mail to it came back for good
	AuditResetAsked      AuditAction = "reset_asked"    // of a password, for an address; whose it is is found out later
	AuditResetMailed     AuditAction = "reset_mailed"   // the link for it
	AuditPasswordReset   AuditAction = "password_reset" // by that link
)

// AuditEntry is one thing that was done to an account. It holds nothing that was typed.
type AuditEntry struct {
	ID       int64
	At       time.Time
	User     UserID // 0 where nobody has the name that was typed
	Username string // as it is when the entry is read; "" without a User
	Action   AuditAction
	Address  string // where the request came from; "" for the operator's command
	Agent    string // the browser in general words, such as "Chrome on Android"; "" when not known
	Detail   string // which fields or how many sessions; "" for none
}
