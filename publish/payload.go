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

// State is the answer that a camera shows until its top label changes.
type State struct {
	Device    string
	Camera    string
	Sequence  uint64 // of the frame that changed it
	Time      time.Time
	Monotonic time.Duration
	Model     Model
	Found     bool       // a class reached the threshold
	Top       Prediction // the best class, if Found
}

// State is what r says about its camera.
func (r Result) State() State {
	s := State{
		Device: r.Device, Camera: r.Camera, Sequence: r.Sequence,
		Time: r.Time, Monotonic: r.Monotonic, Model: r.Model,
	}
	if len(r.Predictions) > 0 {
		s.Found, s.Top = true, r.Predictions[0]
	}
	return s
}

// SameLabel tells whether s and t answer alike: the same class, or none, whatever the score.
func (s State) SameLabel(t State) bool {
	return s.Found == t.Found && s.Top.Index == t.Top.Index && s.Top.Label == t.Top.Label
}

// AppendJSON appends the result message (docs/schema/result.json) to dst.
func (r Result) AppendJSON(dst []byte) []byte {
	m := resultMessage{
		Schema:      Schema,
		Device:      r.Device,
		Camera:      r.Camera,
		Sequence:    r.Sequence,
		Time:        timestamp(r.Time),
		MonotonicMS: milliseconds(r.Monotonic),
		Picture:     r.Picture,
		Stages: stagesMessage{
			WaitMS:       milliseconds(r.Stages.Wait),
			PreprocessMS: milliseconds(r.Stages.Preprocess),
			InferenceMS:  milliseconds(r.Stages.Inference),
			TotalMS:      milliseconds(r.Stages.Total),
		},
		Model:       modelMessage(r.Model),
		Engine:      r.Engine,
		Predictions: make([]predictionMessage, len(r.Predictions)), // an empty list, never null
	}
	for i, p := range r.Predictions {
		m.Predictions[i] = predictionMessage{Index: p.Index, Label: p.Label, Score: finite(p.Score)}
	}
	return appendJSON(dst, m)
}

// AppendJSON appends the state message (docs/schema/state.json) to dst.
func (s State) AppendJSON(dst []byte) []byte {
	m := stateMessage{
		Schema:      Schema,
		Device:      s.Device,
		Camera:      s.Camera,
		Sequence:    s.Sequence,
		Time:        timestamp(s.Time),
		MonotonicMS: milliseconds(s.Monotonic),
		Model:       modelMessage(s.Model),
	}
	if s.Found {
		score := finite(s.Top.Score)
		m.Label, m.Index, m.Score = &s.Top.Label, &s.Top.Index, &score
	}
	return appendJSON(dst, m)
}

// AppendJSON appends the camera status message (docs/schema/camera-status.json) to dst.
func (s CameraStatus) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, statusMessage{
		Schema: Schema,
		Device: s.Device,
		Camera: s.Camera,
		State:  s.State,
		Reason: s.Reason,
		Time:   timestamp(s.Time),
	})
}

// AppendJSON appends the config status message (docs/schema/config-status.json) to dst.
func (s ConfigStatus) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, configMessage{
		Schema:   Schema,
		Device:   s.Device,
		State:    s.State,
		Problems: s.Problems,
		Time:     timestamp(s.Time),
	})
}

// The messages as they look; the field order is the order of the JSON.
type (
	resultMessage struct {
		Schema      int                 `json:"schema"`
		Device      string              `json:"device"`
		Camera      string              `json:"camera"`
		Sequence    uint64              `json:"sequence"`
		Time        string              `json:"time"`
		MonotonicMS float64             `json:"monotonic_ms"`
		Picture     string              `json:"picture,omitempty"`
		Stages      stagesMessage       `json:"stages"`
		Model       modelMessage        `json:"model"`
		Engine      string              `json:"engine"`
		Predictions []predictionMessage `json:"predictions"`
	}
	stagesMessage struct {
		WaitMS       float64 `json:"wait_ms"`
		PreprocessMS float64 `json:"preprocess_ms"`
		InferenceMS  float64 `json:"inference_ms"`
		TotalMS      float64 `json:"total_ms"`
	}
	modelMessage struct {
		Name   string `json:"name"`
		SHA256 string `json:"sha256"`
	}
	predictionMessage struct {
		Index int     `json:"index"`
		Label string  `json:"label"`
		Score float32 `json:"score"`
	}
	stateMessage struct {
		Schema      int          `json:"schema"`
		Device      string       `json:"device"`
		Camera      string       `json:"camera"`
		Sequence    uint64       `json:"sequence"`
		Time        string       `json:"time"`
		MonotonicMS float64      `json:"monotonic_ms"`
		Label       *string      `json:"label"`
		Index       *int         `json:"index"`
		Score       *float32     `json:"score"`
		Model       modelMessage `json:"model"`
	}
	statusMessage struct {
		Schema int         `json:"schema"`
		Device string      `json:"device"`
		Camera string      `json:"camera"`
		State  CameraState `json:"state"`
		Reason string      `json:"reason,omitempty"`
		Time   string      `json:"time"`
	}
	configMessage struct {
		Schema   int         `json:"schema"`
		Device   string      `json:"device"`
		State    ConfigState `json:"state"`
		Problems []string    `json:"problems,omitempty"`
		Time     string      `json:"time"`
	}
)

// appendJSON encodes one of the messages above. encoding/json makes invalid UTF-8 valid (U+FFFD); it can only fail on
// a number that is not finite, and finite has seen to that.
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

// milliseconds keeps three decimals: a clock that shows more is not trusted with them.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
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
