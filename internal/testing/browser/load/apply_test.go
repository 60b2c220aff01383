package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
	"github.com/inceptiond/inceptiond/internal/testing/measure"
)

// applied is what an Apply answers.
type applied struct {
	SHA256                 string
	Kept, Started, Stopped []string
}

// steady is a camera that waits longer for its next frame than a busy machine of two processors may keep it from answering.
const steady = "{source: demo, demo: {interval: 250ms}}"

// TestApplyUnderLoad changes one camera 30 times while 20 people look: the other misses no frame.
func TestApplyUnderLoad(t *testing.T) {
	needLoad(t)
	p := program.Start(t, withoutMQTT+"web: {listen: '127.0.0.1:{port}'}\ncameras:\n  same: "+steady+"\n  other: # changes\n    source: demo\n    top_k: 1\n")
	client := p.Client(t)
	p.Await(t, "same", 10)
	crowd := NewCrowd(p.URL, client, viewers).View()
	from := len(p.Results("same"))
	const times = 30
	for i := range times {
		p.Await(t, "same", 1)
		got := change(t, p, client, i%4+1, i%4+2)
		if !slices.Contains(got.Kept, "same") || slices.Contains(got.Kept, "other") {
			t.Errorf("Apply %d kept %q, started %q, stopped %q", i, got.Kept, got.Started, got.Stopped)
		}
		if i%4 == 3 {
			change(t, p, client, 5, 1)
		}
	}
	p.Await(t, "same", 10)
	if _, _, faults := crowd.Stop(); len(faults) > 0 {
		t.Errorf("%d requests of viewers failed, first %v", len(faults), faults[0])
	}
	if gaps := p.Gaps("same", from); len(gaps) > 0 {
		t.Errorf("the camera that stayed missed frames: %s", strings.Join(gaps, ", "))
	}
	t.Logf("%d results of the camera that stayed", len(p.Results("same"))-from)
}

// change applies the config with another top_k.
func change(t *testing.T, p *program.Program, client *http.Client, from, to int) (a applied) {
	t.Helper()
	var file struct{ Text, SHA256 string }
	ask(t, client, http.MethodGet, p.URL+"api/v1/config", nil, "", &file)
	old := fmt.Sprintf("top_k: %d", from)
	if !strings.Contains(file.Text, old) {
		t.Fatalf("no %q in\n%s", old, file.Text)
	}
	text := strings.Replace(file.Text, old, fmt.Sprintf("top_k: %d", to), 1)
	ask(t, client, http.MethodPut, p.URL+"api/v1/config", map[string]string{"text": text}, file.SHA256, &a)
	return a
}

// ask asks the daemon, and decodes the answer.
func ask(t *testing.T, client *http.Client, method, url string, body any, match string, v any) {
	t.Helper()
	var data []byte
	if body != nil {
		data, _ = json.Marshal(body)
	}
	r, err := http.NewRequest(method, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if match != "" {
		r.Header.Set("If-Match", `"`+match+`"`)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if data, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s", method, url, answer.Status, data)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
}

// TestIdlePage compares the memory of a daemon at whose page nobody looks with that of one without a page, in turn.
func TestIdlePage(t *testing.T) {
	needLoad(t)
	const pairs = 3
	memory := make(map[string][]int)
	for range pairs {
		for _, listen := range []string{`""`, "'127.0.0.1:{port}'"} {
			p := program.Start(t, withoutMQTT+"web: {listen: "+listen+"}\ncameras: {demo: "+demo+"}\n")
			p.Await(t, "demo", 40)
			memory[listen] = append(memory[listen], resident(t, p.PID))
			p.Stop(t)
		}
	}
	same := func(n int) int { return n }
	without, with := measure.Median(memory[`""`], same), measure.Median(memory["'127.0.0.1:{port}'"], same)
	t.Logf("%.2f MB, with a page %.2f MB", float64(without)/1e6, float64(with)/1e6)
	if with-without > maxIdle {
		t.Errorf("a page at which nobody looks costs %d bytes (at most %d)", with-without, maxIdle)
	}
}
