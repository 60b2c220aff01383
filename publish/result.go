package publish

import (
	"cmp"
	"slices"
	"time"
)

var resultKind = Kind{Name: "result", Topic: "result", QoS: AsConfigured, Lines: true}

// Result is what one frame was found to show. The message is the pointer.
type Result struct {
	Device    string        // the machine's name, the same for all of its cameras
	Camera    string        // the camera's name in the config
	Sequence  uint64        // of the frame, as the camera counts
	Time      time.Time     // when the frame arrived
	Monotonic time.Duration // the same moment on the machine's clock since boot (CLOCK_MONOTONIC)
	Picture   string        // a still picture's path or title, else empty
	Stages    Stages
	Model     Model
	Engine    string // "cpu", "tflite", …
	Task      string // what the model is for, which says what of the following is set; empty: TaskClassify
	Image     Size   // of the upright frame

	// Predictions are the best classes at or above the threshold, best first; empty if there is none, and for other tasks.
	Predictions []Prediction
	Detections  []Detection // of "detect": best first
	Counts      []Count     // of them by label, in this frame
	Segments    []Segment   // of "segment": largest first
	Mask        *Mask       // of "segment", for who watches the camera: nil where it is published, and it has no place in the JSON
	Poses       []PoseFound // of "pose": best first
	Identity    *Identity   // of "embed": who it is; nil: nobody was asked
	Embedding   []float32   // of "embed"; nil: it is not told

	Familiarity *Familiarity // to a model that was taught here; nil: to no such model
	Decision    *Voting      // where the camera's decision stands; nil: it decides nothing
	Different   *Different   // from normal pictures; nil: there are none to compare with
}

// The tasks of models, as results name them.
const (
	TaskClassify = "classify"
	TaskDetect   = "detect"
	TaskSegment  = "segment"
	TaskPose     = "pose"
	TaskEmbed    = "embed"
)

// Familiarity is how much a frame is like the pictures that a model was taught with.
type Familiarity struct {
	Familiar     float64 // above 0 and at most 1: that share of them is as unlike the others, or more
	NearestID    string  // of the most similar of them: the SHA-256 of its bytes, in hexadecimal
	NearestClass string
}

// Stages is where the time of a result went.
type Stages struct {
	Wait       time.Duration // the frame lay ready until the pipeline took it
	Preprocess time.Duration // decode, crop, rotate, colour, resize
	Inference  time.Duration // the engine's Run
	Then       time.Duration // what a second model does with what was found; 0: nothing
	Total      time.Duration // from arrival to the moment the result was handed to the publishers
}

// Own makes copies of r's lists, which belong to whoever made r, in the memory of room's, which are not to be used any more.
// It allocates only while these have too little room, and for who was recognized and what a second model says of detections.
func (r *Result) Own(room *Result) {
	r.Predictions = append(room.Predictions[:0], r.Predictions...)
	r.Detections = append(room.Detections[:0], r.Detections...)
	r.Counts = append(room.Counts[:0], r.Counts...)
	r.Segments = append(room.Segments[:0], r.Segments...)
	r.Poses = append(room.Poses[:0], r.Poses...)
	r.Mask = nil // it is the camera's
	r.Embedding = append(room.Embedding[:0], r.Embedding...)
	if len(r.Embedding) == 0 {
		r.Embedding = nil // it is not told
	}
	if r.Identity != nil {
		r.Identity = new(*r.Identity)
	}
	for i := range r.Detections {
		d := &r.Detections[i]
		if d.Identity != nil {
			d.Identity = new(*d.Identity)
		}
		d.Predictions = slices.Clone(d.Predictions)
	}
}

// Key implements Message.
func (r *Result) Key() Key { return Key{Kind: resultKind, Camera: r.Camera} }

// AppendJSON appends the result message (docs/schema/result.json) to dst.
func (r *Result) AppendJSON(dst []byte) []byte {
	m := resultMessage{
		Schema:      Schema,
		Device:      r.Device,
		Camera:      r.Camera,
		Sequence:    r.Sequence,
		Time:        timestamp(r.Time),
		MonotonicMS: Milliseconds(r.Monotonic),
		Picture:     r.Picture,
		Stages: stagesMessage{
			WaitMS:       Milliseconds(r.Stages.Wait),
			PreprocessMS: Milliseconds(r.Stages.Preprocess),
			InferenceMS:  Milliseconds(r.Stages.Inference),
			ThenMS:       Milliseconds(r.Stages.Then),
			TotalMS:      Milliseconds(r.Stages.Total),
		},
		Model:        r.Model,
		Engine:       r.Engine,
		foundMessage: r.found(),
		Decision:     r.Decision.message(),
		Different:    r.Different.message(),
	}
	if f := r.Familiarity; f != nil {
		m.Familiar, m.Nearest = &f.Familiar, &nearestMessage{ID: f.NearestID, Class: f.NearestClass}
	}
	return appendJSON(dst, m)
}

// AppendFound appends to dst, in JSON, what of the result message says what was found, and nothing of when, where and by whom.
func (r *Result) AppendFound(dst []byte) []byte { return appendJSON(dst, r.found()) }

// found is what was found. The lists that r's task has are never null.
func (r *Result) found() foundMessage {
	m := foundMessage{
		Task: cmp.Or(r.Task, TaskClassify), Image: r.Image,
		Predictions: predictionMessages(r.Predictions), Identity: r.Identity.message(), Embedding: finites(r.Embedding),
	}
	switch r.Task {
	case TaskDetect:
		m.Detections, m.Counts = detectionMessages(r.Detections), countsMessage(r.Counts)
		if m.Counts == nil {
			m.Counts = map[string]int{}
		}
	case TaskSegment:
		m.Segments = segmentMessages(r.Segments)
	case TaskPose:
		m.Poses = poseMessages(r.Poses)
	}
	return m
}

// predictionMessages are a list that is never null.
func predictionMessages(list []Prediction) []predictionMessage {
	messages := make([]predictionMessage, len(list))
	for i, p := range list {
		messages[i] = predictionMessage{Index: p.Index, Label: p.Label, Score: finite(p.Score)}
	}
	return messages
}

type (
	resultMessage struct {
		Schema      int           `json:"schema"`
		Device      string        `json:"device"`
		Camera      string        `json:"camera"`
		Sequence    uint64        `json:"sequence"`
		Time        string        `json:"time"`
		MonotonicMS float64       `json:"monotonic_ms"`
		Picture     string        `json:"picture,omitempty"`
		Stages      stagesMessage `json:"stages"`
		Model       Model         `json:"model"`
		Engine      string        `json:"engine"`
		foundMessage
		Familiar  *float64          `json:"familiar,omitempty"`
		Nearest   *nearestMessage   `json:"nearest,omitempty"`
		Decision  *votingMessage    `json:"decision,omitempty"`
		Different *differentMessage `json:"different,omitempty"`
	}
	foundMessage struct {
		Task        string              `json:"task"`
		Image       Size                `json:"image"`
		Predictions []predictionMessage `json:"predictions"`
		Detections  []detectionMessage  `json:"detections,omitzero"`
		Counts      map[string]int      `json:"counts,omitzero"`
		Segments    []segmentMessage    `json:"segments,omitzero"`
		Poses       []poseMessage       `json:"poses,omitzero"`
		Identity    *identityMessage    `json:"identity,omitempty"`
		Embedding   []float32           `json:"embedding,omitzero"`
	}
	nearestMessage struct {
		ID    string `json:"id"`
		Class string `json:"class"`
	}
	stagesMessage struct {
		WaitMS       float64 `json:"wait_ms"`
		PreprocessMS float64 `json:"preprocess_ms"`
		InferenceMS  float64 `json:"inference_ms"`
		ThenMS       float64 `json:"then_ms,omitempty"`
		TotalMS      float64 `json:"total_ms"`
	}
	predictionMessage struct {
		Index int     `json:"index"`
		Label string  `json:"label"`
		Score float32 `json:"score"`
	}
)
