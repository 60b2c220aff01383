package service

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

// scrape is what is told at a port; empty: nobody answers.
func scrape(port string) string {
	r, err := http.Get("http://127.0.0.1:" + port + "/metrics")
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return string(text)
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
		return strings.Contains(scrape(one), `inceptiond_results_total{camera="a",engine="cpu"}`)
	})
	if got := scrape(one); !strings.Contains(got, `inceptiond_camera_up{camera="a"} 1`) || !strings.Contains(got, "inceptiond_duty_ratio 1") ||
		!strings.Contains(got, `inceptiond_engine_fallback{model="demo"} 0`) || strings.Contains(got, "inceptiond_mqtt_connected") {
		t.Errorf("%s", got)
	}
	s.reload(listen(taken, ""))
	if last := s.record.Configs(); last[len(last)-1].State != publish.ConfigRefused || !strings.Contains(last[len(last)-1].Problems[0], "metrics.listen") {
		t.Errorf("%+v", last[len(last)-1])
	}
	if scrape(one) == "" {
		t.Error("after a config that was refused nobody answers")
	}
	s.reload(listen(one, ", interval: 20s")) // the same address, once more
	if scrape(one) == "" {
		t.Error("after another interval nobody answers")
	}
	s.reload(listen(two, ""))
	if scrape(two) == "" || scrape(one) != "" {
		t.Error("the metrics have not moved")
	}
	s.reload(fmt.Sprintf(text, ""))
	if scrape(two) != "" {
		t.Error("the metrics go on")
	}
}
