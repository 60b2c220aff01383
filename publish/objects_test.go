package publish_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/publish"
)

// taskMessages are those that cameras have whose models are no classifiers.
func taskMessages(number publish.Number) map[string]publish.JSON {
	of := func(task string) *publish.Result {
		r := example()
		r.Task, r.Predictions, r.Decision, r.Picture = task, nil, nil, ""
		return r
	}
	detect, segment, pose, embed := of(publish.TaskDetect), of(publish.TaskSegment), of(publish.TaskPose), of(publish.TaskEmbed)
	detect.Stages.Then = 18_200_000
	detect.Detections = []publish.Detection{
		{Index: 17, Label: "dog", Score: 0.82, Box: [4]float64{0.237, 0.114, 0.254, 0.564},
			Identity: &publish.Identity{Label: "rex", Score: 0.91, Distance: 0.21, Second: 0.52}},
		{Index: 2, Label: "car", Score: float32(math.NaN()), Box: [4]float64{0.33335, 0, 0.66665, math.NaN()}, Predictions: []publish.Prediction{{Index: 1, Label: "van", Score: 0.5}}},
	}
	detect.Counts = []publish.Count{{Label: "dog", N: 1}, {Label: "rex", N: 1}, {Label: "car", N: 1}, {Label: "van", N: 1}}
	segment.Segments = []publish.Segment{{Index: 3, Label: "bird", Share: 0.169, Box: [4]float64{0.18, 0.13, 0.75, 0.72}}}
	pose.Poses = []publish.PoseFound{{Score: 0.62}}
	pose.Poses[0].Keypoints[0] = [3]float32{0.586, 0.328, 0.64}
	embed.Identity = &publish.Identity{Label: "anna", Score: 0.88, Distance: 0.31, Second: 0.52}
	stranger := of(publish.TaskEmbed)
	stranger.Identity = &publish.Identity{Distance: 0.71}
	stranger.Embedding = []float32{0.25, float32(math.Inf(1))}

	counts := publish.Decision{
		Device: detect.Device, Camera: detect.Camera, Sequence: 1042, Time: detect.Time, Monotonic: detect.Monotonic, Model: detect.Model,
		Votes: 4, Window: 5, Reason: "dog 2, 4 of 5", Counts: []publish.Count{{Label: "person"}, {Label: "dog", N: 2}},
	}
	shares, none := counts, counts
	shares.Counts, shares.Shares, shares.Reason = nil, []publish.ShareOf{{Label: "bird", Share: 0.15000000000000002}}, "bird 15 %, 4 of 5"
	none.Counts = []publish.Count{}
	event := func(previous int, first bool) publish.Event {
		e := publish.CountEvent(counts, publish.CountChange{Count: publish.Count{Label: "dog", N: 2}, Previous: previous, First: first, Reason: "dog 2, 4 of 5"})
		e.Number = number
		return e
	}
	return map[string]publish.JSON{
		"result-detect": detect, "result-segment": segment, "result-pose": pose, "result-embed": embed, "result-stranger": stranger,
		"result-detect-none": of(publish.TaskDetect), "result-segment-none": of(publish.TaskSegment), "result-pose-none": of(publish.TaskPose),
		"decision-counts": counts, "decision-shares": shares, "decision-no-counts": none,
		"event-count": event(1, false), "event-count-first": event(0, true), "count": publish.Counted{Camera: detect.Camera, Topic: "dog", N: 2},
	}
}

// Labels become levels of topics that MQTT and people can live with, and no two become the same one.
func TestCountTopics(t *testing.T) {
	var topics publish.CountTopics
	for _, test := range [][2]string{
		{"dog", "dog"}, {"Dog", "dog_2"}, {"dog", "dog"}, {"DOG", "dog_3"}, {"dog_2", "dog_2_2"}, {"traffic light", "traffic_light"},
		{"a/b+c#", "a_b_c_"}, {"", "_"}, {"犬", "__2"}, {"\x00\xff", "__"}, {"7", "7"}, {strings.Repeat("x", 300), strings.Repeat("x", 64)},
		{strings.Repeat("x", 301), strings.Repeat("x", 64) + "_2"},
	} {
		if got := topics.Of(test[0]); got != test[1] {
			t.Errorf("%q: %q, want %q", test[0], got, test[1])
		}
	}
}

// What is retained of a camera that detects things goes when it does so no more.
func TestKeepsCounts(t *testing.T) {
	detects := publish.Listed{Name: "drive", Task: publish.TaskDetect, Counts: []string{"Dog", "dog"}}
	more := publish.Listed{Name: "drive", Task: publish.TaskDetect, CountsMore: true}
	segments := publish.Listed{Name: "drive", Task: publish.TaskSegment, SegmentMap: true}
	for _, test := range []struct {
		is            publish.Listed
		keeps, awaits string
	}{
		{publish.Listed{Name: "drive"}, "state decision", "state decision"},
		{detects, "state decision count/dog count/dog_2", "state decision count/dog count/dog_2"},
		{more, "state decision count/dog count/dog_2 count/cat", "state decision"},
		{segments, "state decision segment_map", "state decision segment_map"},
		{publish.Listed{Name: "drive", Task: publish.TaskEmbed}, "state decision", "state decision"},
	} {
		i := publish.Inventory{Cameras: []publish.Listed{test.is}}
		var keeps, awaits []string
		for _, topic := range []string{"state", "decision", "count/dog", "count/dog_2", "count/cat", "segment_map"} {
			if i.Keeps("drive", topic) {
				keeps = append(keeps, topic)
			}
			if i.Expects("drive", topic) {
				awaits = append(awaits, topic)
			}
		}
		if strings.Join(keeps, " ") != test.keeps || strings.Join(awaits, " ") != test.awaits {
			t.Errorf("%+v keeps %q and expects %q", test.is, keeps, awaits)
		}
	}
}

func TestSegmentMap(t *testing.T) {
	var m publish.Binary = &publish.SegmentMap{Camera: "drive", PNG: []byte("\x89PNG")}
	key := m.Key()
	if !key.Retained || key.Topic() != "drive/segment_map" || key.Kind.Media != "image/png" || !slices.Contains(publish.Kinds(), key.Kind) || len(m.Payload()) != 4 {
		t.Errorf("%+v", key)
	}
}
