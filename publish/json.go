package publish

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
)

// Schema is the version of the messages. Fields may be added under the same number; a field whose meaning changes
// gets a new one. docs/messages.md holds the promise, docs/schema the JSON Schemas.
const Schema = 1

// Model names the model that answered.
type Model struct {
	Name   string `json:"name"`   // its name in the config
	SHA256 string `json:"sha256"` // of its file, in hexadecimal
}

// Prediction is one class and how sure the model is of it.
type Prediction struct {
	Index int     // of the model's output
	Label string  // empty if the model has no labels
	Score float32 // 0 to 1 for a softmax output
}

// Milliseconds are the milliseconds of d, rounded to three decimals: a message promises no more. internal/text has the
// ones that are not rounded, for figures of benchmarks that are below a microsecond.
func Milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
}

// appendJSON encodes a message as it looks, a struct whose fields have the order of the JSON. encoding/json makes
// invalid UTF-8 valid (U+FFFD); it can only fail on a number that is not finite, and finite has seen to that.
func appendJSON(dst []byte, message any) []byte {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(message); err != nil {
		panic("publish: " + err.Error())
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// timestamp is t in RFC 3339, in UTC, with milliseconds.
func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// hundredths is x with two decimals, and 0 for what is no number.
func hundredths(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return math.Round(x*100) / 100
}

// finite makes a score that JSON can say: a NaN is 0, an infinity the largest number of its sign.
func finite(score float32) float32 {
	switch f := float64(score); {
	case math.IsNaN(f):
		return 0
	case math.IsInf(f, 1):
		return math.MaxFloat32
	case math.IsInf(f, -1):
		return -math.MaxFloat32
	}
	return score
}
