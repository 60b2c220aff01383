package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish/broker"
)

// reference is what GoogLeNet says of a picture in float32.
type reference struct {
	picture     string
	index       int
	label       string
	probability float64
}

func readReference(t *testing.T, dir string) []reference {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "pictures", "googlenet_float_reference.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []reference
	for _, row := range rows[1:] {
		index, err1 := strconv.Atoi(row[1])
		probability, err2 := strconv.ParseFloat(row[3], 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("reference row %q", row)
		}
		list = append(list, reference{row[0], index, row[2], probability})
	}
	if len(list) < 15 {
		t.Fatalf("only %d reference pictures", len(list))
	}
	return list
}

// TestClassifyAgreesWithReference holds both GoogLeNet files to the float reference: the same top class wherever the
// reference is at 0.6 or more, and its score within 0.06 everywhere.
func TestClassifyAgreesWithReference(t *testing.T) {
	if testing.Short() {
		t.Skip("30 runs of GoogLeNet")
	}
	dir := shared.Dir(t)
	refs := readReference(t, dir)
	for _, file := range []string{"googlenet_224_uint8.tflite", "googlenet_224_int8.tflite"} {
		t.Run(file, func(t *testing.T) {
			args := []string{"classify", "--json", "--top", "1000",
				"--model", filepath.Join(dir, "models", file),
				"--labels", filepath.Join(dir, "models", "imagenet_1000_labels.txt")}
			for _, ref := range refs {
				args = append(args, filepath.Join(dir, "pictures", ref.picture))
			}
			var out, stderr bytes.Buffer
			if code := execute(context.Background(), args, streams{nil, &out, &stderr}); code != 0 {
				t.Fatalf("classify ended with %d: %s", code, stderr.String())
			}
			dec := json.NewDecoder(&out)
			for _, ref := range refs {
				var got pictureReport
				if err := dec.Decode(&got); err != nil {
					t.Fatal(err)
				}
				compareReference(t, ref, got)
			}
		})
	}
}

func compareReference(t *testing.T, ref reference, got pictureReport) {
	t.Helper()
	if filepath.Base(got.Picture) != ref.picture || len(got.Predictions) != 1000 {
		t.Fatalf("%d predictions of %s, want 1000 of %s", len(got.Predictions), got.Picture, ref.picture)
	}
	if top := got.Predictions[0]; ref.probability >= 0.6 && top.Index != ref.index {
		t.Errorf("%s: class %d %q, want %d", ref.picture, top.Index, top.Label, ref.index)
	}
	at := slices.IndexFunc(got.Predictions, func(p classPrediction) bool { return p.Index == ref.index })
	score := got.Predictions[at].Score
	t.Logf("%-24s %.4f, reference %.4f", ref.picture, score, ref.probability)
	if math.Abs(score-ref.probability) > 0.06 {
		t.Errorf("%s: score %.4f, reference %.4f", ref.picture, score, ref.probability)
	}
}

// TestRunPublishesPictures runs the daemon on a folder of photographs: a subscriber gets one result for each, with the
// right class.
func TestRunPublishesPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("15 runs of GoogLeNet")
	}
	dir := shared.Dir(t)
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	payloads := collect(t, b.Addr(), "inceptiond/desk/photos/result")
	file := filepath.Join(t.TempDir(), "inceptiond.yaml")
	text := fmt.Sprintf(`
device: desk
mqtt: {broker: "mqtt://%[2]s", qos: 1, spool: {path: off}}
models:
  googlenet:
    file: %[1]s/models/googlenet_224_uint8.tflite
    labels: %[1]s/models/imagenet_1000_labels.txt
cameras:
  photos:
    source: files
    files: {paths: [%[1]s/pictures], interval: 0s}
    model: googlenet
`, dir, b.Addr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if code := execute(context.Background(), []string{"run", "-c", file, "--output", "none"}, streams{nil, nil, &stderr}); code != 0 {
		t.Fatalf("run ended with %d: %s", code, stderr.String())
	}
	refs := readReference(t, dir)
	top := map[string]int{}
	for range refs {
		var m struct {
			Picture     string
			Predictions []classPrediction
		}
		select {
		case payload := <-payloads:
			if err := json.Unmarshal(payload, &m); err != nil {
				t.Fatalf("%v in %s", err, payload)
			}
		case <-time.After(time.Minute):
			t.Fatalf("only %d messages; %s", len(top), stderr.String())
		}
		if len(m.Predictions) > 0 {
			top[filepath.Base(m.Picture)] = m.Predictions[0].Index
		}
	}
	for _, ref := range refs {
		if index, ok := top[ref.picture]; !ok || ref.probability >= 0.6 && index != ref.index {
			t.Errorf("%s: class %d, want %d (answered: %v)", ref.picture, index, ref.index, ok)
		}
	}
}

// collect subscribes to a topic and passes on what comes.
func collect(t *testing.T, address, topic string) <-chan []byte {
	t.Helper()
	payloads := make(chan []byte, 100)
	o := paho.NewClientOptions().AddBroker("tcp://" + address).SetClientID("collector").SetCleanSession(true)
	client := paho.NewClient(o)
	if token := client.Connect(); !token.WaitTimeout(time.Minute) || token.Error() != nil {
		t.Fatalf("connect to %s: %v", address, token.Error())
	}
	t.Cleanup(func() { client.Disconnect(0) })
	token := client.Subscribe(topic, 1, func(_ paho.Client, m paho.Message) { payloads <- m.Payload() })
	if !token.WaitTimeout(time.Minute) || token.Error() != nil {
		t.Fatalf("subscribe to %s: %v", topic, token.Error())
	}
	return payloads
}
