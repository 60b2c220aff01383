package graft_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// TestTaughtShared puts heads on real networks.
func TestTaughtShared(t *testing.T) {
	for name, most := range map[string]int{ // bytes that the taught file may have
		"googlenet_224_uint8":                            6_050_000,
		"googlenet_224_int8":                             6_250_000,
		"mobilenet_v1_0.25_128_quant":                    300_000,
		"mobilenet_v2_1.0_224_quant":                     2_400_000,
		"mobilenet_v2_1.0_224_inat_bird_quant":           2_400_000,
		"tf2_mobilenet_v2_1.0_224_ptq":                   2_800_000,
		"mobilenet_v1_1.0_224_quant_embedding_extractor": 3_400_000,
		"zoo/gen_resnet50_w25_int8":                      1_700_000,
		"zoo/gen_efficientnet_lite0_w50_int8":            1_300_000,
		"zoo/resnet8_cifar10":                            100_000,
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", name+".tflite"))
			if err != nil {
				t.Fatal(err)
			}
			base := parse(t, data)
			file := checkTaught(t, base, taught.Inputs(base, 3))
			t.Logf("%d bytes of %d", len(file), len(data))
			if len(file) > most {
				t.Errorf("%d bytes (want at most %d)", len(file), most)
			}
			path := filepath.Join(t.TempDir(), "model.tflite")
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			d, err := engines.Describe(engines.Options{File: path})
			if err != nil || !slices.Equal(d.Labels, []string{"class-a", "class-b", "class-c", "class-d"}) || d.LabelsFrom != "labels.txt inside the model" {
				t.Errorf("labels %q from %q: %v", d.Labels, d.LabelsFrom, err)
			}
			if !d.Reading.Probabilities || slices.ContainsFunc(d.Notes, func(n engines.Note) bool { return n.Warning }) {
				t.Errorf("reading %+v, notes %+v", d.Reading, d.Notes)
			}
		})
	}
}

// TestRefusesShared has a network whose features are not averaged.
func TestRefusesShared(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(shared.Dir(t), "models", "inception_v3_nsfw_299_int8.tflite"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parse(t, data).Head()
	if err == nil || !strings.Contains(err.Error(), "FULLY_CONNECTED") {
		t.Errorf("got %v", err)
	}
}
