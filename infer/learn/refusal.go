package learn

import "strings"

// Refusal is the error of a set that nothing can be taught from; each reason is a sentence for people, with the limit.
type Refusal struct{ Reasons []string }

// Error is all the reasons.
func (r *Refusal) Error() string { return strings.Join(r.Reasons, "; ") }
