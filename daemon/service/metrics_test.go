package service

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// scrape is what Prometheus reads at a port; empty: nobody answers there.
func scrape(t *testing.T, port string) string {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://127.0.0.1:" + port + "/metrics")
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// value is that of a series in a text; empty: it is not there.
func value(text, series string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// demos are demo cameras with a frame every now and then.
func demos(names ...string) string {
	text := "cameras:\n"
	for _, name := range names {
		text += "  " + name + ": {demo: {interval: 5ms}, decision: {enter: 0.1, leave: 0.1, margin: 0}}\n"
	}
	return text
}

// What runs is counted, over reloads; a camera that is gone has no figures.
func TestMetrics(t *testing.T) {
	port := freeport.Find(t)
	listen := "mqtt: {broker: off}\nmetrics: {listen: '127.0.0.1:" + port + "'}\n"
	s := startService(t, listen+demos("a", "b"))
	for _, series := range []string{
		`inceptiond_results_total{camera="a",engine="cpu"}`, `inceptiond_frames_total{camera="b"}`,
		`inceptiond_stage_duration_seconds_count{camera="b",stage="total"}`, `inceptiond_decision_changes_total{camera="a"}`,
	} {
		publishtest.Eventually(t, series, func() bool { v := value(scrape(t, port), series); return v != "" && v != "0" })
	}
	text := scrape(t, port)
	for series, want := range map[string]string{
		`inceptiond_camera_up{camera="a"}`: "1", `inceptiond_gate_open{camera="b"}`: "1", `inceptiond_engine_fallback{model="demo"}`: "0",
		`inceptiond_duty_ratio`: "1", `inceptiond_mqtt_connected`: "", `inceptiond_disk_written_bytes_total{what="settings"}`: "0",
		`inceptiond_disk_written_bytes_total{what="spool"}`: "",
	} {
		if got := value(text, series); got != want {
			t.Errorf("%s is %q, want %q", series, got, want)
		}
	}
	if _, err := s.service.Do(t.Context(), control.Command{Kind: control.Enter, Camera: "a", Value: "0.2"}); err != nil {
		t.Fatal(err)
	}
	if got := value(scrape(t, port), `inceptiond_disk_written_bytes_total{what="settings"}`); got == "0" {
		t.Error("a setting costs the disk nothing")
	}
	s.reload(listen + demos("a"))
	text = scrape(t, port)
	if strings.Contains(text, `camera="b"`) {
		t.Errorf("the camera that is gone is there:\n%s", text)
	}
	if value(text, `inceptiond_results_total{camera="a",engine="cpu"}`) == "" {
		t.Error("the other one is gone too")
	}
	s.reload("mqtt: {broker: off}\n" + demos("a"))
	if got := scrape(t, port); got != "" {
		t.Errorf("nobody is to listen any more:\n%s", got)
	}
	s.reload(listen + demos("a", "c"))
	publishtest.Eventually(t, "the new one", func() bool {
		return value(scrape(t, port), `inceptiond_results_total{camera="c",engine="cpu"}`) != ""
	})
}

// With a broker there are its figures, too.
func TestMetricsOfABroker(t *testing.T) {
	port := freeport.Find(t)
	startService(t, "mqtt: {broker: embedded, listen: '127.0.0.1:"+freeport.Find(t)+"', spool: {path: '"+t.TempDir()+"'}}\n"+
		"metrics: {listen: '127.0.0.1:"+port+"'}\n"+demos("a"))
	for series, want := range map[string]func(string) bool{
		"inceptiond_mqtt_connected":                         func(v string) bool { return v == "1" },
		`inceptiond_disk_written_bytes_total{what="spool"}`: func(v string) bool { return v != "" && v != "0" },
		`inceptiond_commands_total{outcome="refused"}`:      func(v string) bool { return v == "0" },
		`inceptiond_spool_lost_events_total{reason="age"}`:  func(v string) bool { return v == "0" },
		"inceptiond_mqtt_messages_dropped_total":            func(v string) bool { return v != "" },
		"inceptiond_spool_events":                           func(v string) bool { return v != "" },
		"inceptiond_spool_size_bytes":                       func(v string) bool { return v != "" && v != "0" },
	} {
		publishtest.Eventually(t, series, func() bool { return want(value(scrape(t, port), series)) })
	}
}

// A port that is taken refuses the config, and the old one goes on; so do its metrics where they must make way in vain.
func TestMetricsOfATakenPort(t *testing.T) {
	port, other := freeport.Find(t), freeport.Find(t)
	config := func(address string) string {
		return "mqtt: {broker: off}\nmetrics: {listen: '" + address + "'}\n" + demos("a")
	}
	s := startService(t, config("127.0.0.1:"+port))
	stranger, err := net.Listen("tcp", "127.0.0.1:"+other)
	if err != nil {
		t.Fatal(err)
	}
	_, status := s.reload(config("127.0.0.1:" + other))
	if got := strings.Join(status.Problems, "\n"); status.State != publish.ConfigRefused ||
		!strings.Contains(got, "metrics: listen on 127.0.0.1:"+other+": address already in use: another program has the port; set metrics.listen") {
		t.Errorf("%s: %s", status.State, got)
	}
	stranger.Close()
	s.goesOn("a")
	if scrape(t, port) == "" {
		t.Error("the old port is closed")
	}
	for _, address := range []string{"127.0.0.1:" + other, ":" + other, "127.0.0.1:" + other} {
		if _, status := s.reload(config(address)); status.State != publish.ConfigApplied {
			t.Fatalf("%s: %q", address, status.Problems)
		}
		if scrape(t, other) == "" || scrape(t, port) != "" {
			t.Errorf("%s: not at the new port alone", address)
		}
	}
	if n := s.logs.FilterMessage("metrics can be read by all who reach this machine").Len(); n != 1 {
		t.Errorf("it is told %d times that others may read", n)
	}
}

// The text file follows the config, and goes with the daemon. One that cannot be written is told, and nothing else.
func TestMetricsTextFile(t *testing.T) {
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first.prom"), filepath.Join(folder, "second.prom")
	config := func(path, interval string) string {
		return fmt.Sprintf("mqtt: {broker: off}\nmetrics: {textfile: '%s', interval: %s}\n%s", path, interval, demos("a"))
	}
	has := func(path, series string) func() bool {
		return func() bool { text, _ := os.ReadFile(path); return value(string(text), series) != "" }
	}
	gone := func(path string) bool { _, err := os.Stat(path); return os.IsNotExist(err) }
	s := startService(t, config(first, "1h"))
	publishtest.Eventually(t, "the first file, written at once", has(first, `inceptiond_camera_up{camera="a"}`))
	s.reload(config(first, "1s"))
	publishtest.Eventually(t, "results in it", has(first, `inceptiond_results_total{camera="a",engine="cpu"}`))
	s.reload(config(second, "1s"))
	publishtest.Eventually(t, "the second file", has(second, `inceptiond_results_total{camera="a",engine="cpu"}`))
	if !gone(first) {
		t.Error("the first file stays")
	}
	s.reload(config(filepath.Join(folder, "missing", "third.prom"), "1s"))
	publishtest.Eventually(t, "that it is told", func() bool {
		return s.logs.FilterMessage("metrics are not written, but tried again").Len() == 1
	})
	s.goesOn("a")
	s.reload(config(second, "1s"))
	publishtest.Eventually(t, "the second file again", has(second, `inceptiond_camera_up{camera="a"}`))
	if _, err := s.service.Do(t.Context(), control.Command{Kind: control.Shutdown}); err != nil {
		t.Fatal(err)
	}
	<-s.service.ended
	if !gone(second) {
		t.Error("the file outlives the daemon")
	}
}

// Who is told what runs is told where its figures are.
func TestAnnounceMetrics(t *testing.T) {
	s := startService(t, "mqtt: {broker: off}\nmetrics: {listen: '127.0.0.1:"+freeport.Find(t)+"', textfile: /nowhere/x.prom}\n"+demos("a"))
	var got []string
	for _, e := range s.logs.FilterMessage("metrics").All() {
		got = append(got, fmt.Sprint(e.ContextMap()["is"]))
	}
	if len(got) != 2 || !strings.HasPrefix(got[0], "http://127.0.0.1:") || got[1] != "/nowhere/x.prom, every 15s" {
		t.Errorf("%q", got)
	}
}

// Metrics follow the config: they begin, move, and end; a port that is taken refuses the config, and all goes on as it was.
func TestMetricsFollowTheConfig(t *testing.T) {
	one, two, taken := freeport.Find(t), freeport.Find(t), freeport.Find(t)
	l, err := net.Listen("tcp", "127.0.0.1:"+taken)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	text := "mqtt: {broker: off}\nmetrics: {%s}\ncameras:\n  a: {demo: {interval: 10ms}}\n"
	listen := func(port, more string) string { return fmt.Sprintf(text, "listen: '127.0.0.1:"+port+"'"+more) }
	s := startService(t, listen(one, ""))
	publishtest.Eventually(t, "a result of camera a", func() bool {
		return strings.Contains(scrape(t, one), `inceptiond_results_total{camera="a",engine="cpu"}`)
	})
	if got := scrape(t, one); !strings.Contains(got, `inceptiond_camera_up{camera="a"} 1`) || !strings.Contains(got, "inceptiond_duty_ratio 1") ||
		!strings.Contains(got, `inceptiond_engine_fallback{model="demo"} 0`) || strings.Contains(got, "inceptiond_mqtt_connected") {
		t.Errorf("%s", got)
	}
	s.reload(listen(taken, ""))
	if last := s.record.Configs(); last[len(last)-1].State != publish.ConfigRefused || !strings.Contains(last[len(last)-1].Problems[0], "metrics.listen") {
		t.Errorf("%+v", last[len(last)-1])
	}
	if scrape(t, one) == "" {
		t.Error("after a config that was refused nobody answers")
	}
	s.reload(listen(one, ", interval: 20s")) // the same address, once more
	if scrape(t, one) == "" {
		t.Error("after another interval nobody answers")
	}
	s.reload(listen(two, ""))
	if scrape(t, two) == "" || scrape(t, one) != "" {
		t.Error("the metrics have not moved")
	}
	s.reload(fmt.Sprintf(text, ""))
	if scrape(t, two) != "" {
		t.Error("the metrics go on")
	}
}

// holding is a publisher that keeps whoever publishes messages of a kind waiting, once it is on.
type holding struct {
	kind    string
	on      atomic.Bool
	entered chan struct{}
	release chan struct{}
}

func (h *holding) Publish(_ context.Context, m publish.Message) error {
	if m.Key().Kind.Name == h.kind && h.on.Load() {
		h.entered <- struct{}{}
		<-h.release
	}
	return nil
}

func (h *holding) Close() error { return nil }

// An overview waits for nobody who publishes: heartbeats look at it, and who closes a publisher may wait for one who does.
func TestOverviewWaitsForNobody(t *testing.T) {
	for kind, act := range map[string]func(s *Service){
		"settings": func(s *Service) {
			if _, err := s.Do(context.Background(), control.Command{Kind: control.Enter, Camera: "a", Value: "0.2"}); err != nil {
				t.Error(err)
			}
		},
		"gate": func(s *Service) { s.inForce.Load().cameras[0].SetDuty(0.5, "81.2 °C") },
	} {
		t.Run(kind, func(t *testing.T) {
			s := startService(t, "mqtt: {broker: off}\n"+demos("a"))
			s.goesOn("a")
			h := &holding{kind: kind, entered: make(chan struct{}, 10), release: make(chan struct{})}
			s.service.out.add(h)
			h.on.Store(true)
			var acting sync.WaitGroup
			acting.Go(func() { act(s.service) })
			<-h.entered
			looked := make(chan status.Overview)
			go func() { looked <- s.service.Overview() }()
			select {
			case <-looked:
			case <-time.After(time.Minute):
				t.Error("it waits")
			}
			close(h.release)
			acting.Wait()
			if t.Failed() {
				<-looked
			}
		})
	}
}
