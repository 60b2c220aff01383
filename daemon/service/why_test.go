package service

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// TestPreviewSaysWhy has the demo model asked again with parts hidden, as it is fast and has no feature map.
func TestPreviewSaysWhy(t *testing.T) {
	s := startService(t, "mqtt: {broker: off}\nweb: {listen: \"127.0.0.1:0\"}\ncameras: {drive: {demo: {interval: 20ms, seed: 3}}}")
	p := s.pairOf("drive")
	s.eager()
	got, err := s.service.Preview(t.Context(), "drive", &p.Picture, s.viewOf("drive"))
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case got.Inference*50 > hidingTime: // under the race detector
		if got.Why != nil || !strings.Contains(got.Reason, "classify --explain") {
			t.Errorf("a slow model: %q", got.Reason)
		}
	case len(got.Why) != len(got.Input) || slices.Equal(got.Why, got.Input) || got.Reason == "":
		t.Errorf("%d bytes of why beside %d, because %q", len(got.Why), len(got.Input), got.Reason)
	}
}

// TestPreviewReadsTheMap has a network say why by its own feature map, also one that no camera uses.
func TestPreviewReadsTheMap(t *testing.T) {
	models := filepath.Join(shared.Dir(t), "models")
	s := startService(t, fmt.Sprintf(`
mqtt: {broker: off}
web: {listen: "127.0.0.1:0"}
models:
  net: {file: %s/googlenet_224_uint8.tflite}
  other: {file: %s/mobilenet_v1_0.25_128_quant.tflite}
cameras: {drive: {demo: {interval: 200ms, seed: 3}, model: net}}`, models, models))
	p := s.pairOf("drive")
	view := s.viewOf("drive")
	for _, model := range []string{"net", "other", "net"} {
		s.eager()
		view.Model = model
		got, err := s.service.Preview(t.Context(), "drive", &p.Picture, view)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Why) != len(got.Input) || slices.Equal(got.Why, got.Input) || got.Reason == "" {
			t.Errorf("%s: %d bytes of why beside %d, because %q", model, len(got.Why), len(got.Input), got.Reason)
		}
	}
}
