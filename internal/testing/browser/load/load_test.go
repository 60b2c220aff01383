package load

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/browser/program"
	"github.com/inceptiond/inceptiond/internal/testing/measure"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
)

// load is how long TestLoad runs: `make web-load LOAD=10m`.
var load = flag.Duration("load", 0, "hold 20 viewers against the page for so long")

const (
	viewers     = 20
	halfOpened  = 1000
	maxLoss     = 0.02     // of the results per second
	maxEncodes  = 5        // pictures a second
	maxMemory   = 12 << 20 // bytes that viewers cost
	maxGrowth   = 2 << 20  // between the second window with viewers and the last
	maxIdle     = 3 << 20  // that a page costs at which nobody looks
	demo        = "{source: demo, demo: {interval: 100ms}}"
	withoutMQTT = "mqtt: {broker: off}\n"
	password    = "correct horse battery"
)

func needLoad(t *testing.T) {
	t.Helper()
	if *load == 0 {
		t.Skip("takes as long as -load says (make web-load LOAD=10m)")
	}
}

// kind is what goes on in a window of time.
type kind string

const (
	quiet    kind = "quiet"
	viewed   kind = "viewed"
	attacked kind = "attacked" // and viewed
)

// window is what was measured in it.
type window struct {
	kind    kind
	rate    float64 // results a second
	encodes float64 // pictures a second that were not the same
	memory  int     // resident bytes, the median

	opened, guessed int64 // connections, passwords
}

func (w window) String() string {
	return fmt.Sprintf("%-8s %6.3f results/s, %4.2f pictures/s, %5.2f MB", w.kind, w.rate, w.encodes, float64(w.memory)/1e6)
}

// TestLoad measures the daemon with nobody at its page, with 20 viewers, and with these and people who mean it ill, in turn.
func TestLoad(t *testing.T) {
	needLoad(t)
	hold(t, "cameras: {demo: "+demo+"}\n")
}

// TestLoadOfMasks is TestLoad with a camera whose pictures have masks.
func TestLoadOfMasks(t *testing.T) {
	needLoad(t)
	dir := shared.Dir(t)
	hold(t, strings.ReplaceAll(`models: {land: {file: '{shared}/models/zoo/deeplabv3_mnv2_dm05_pascal.tflite'}}
cameras: {demo: {source: files, files: {paths: ['{shared}/golden/zoo/pictures/bird_segmentation.png'], loop: true, interval: 200ms}, model: land}}
`, "{shared}", dir))
}

// hold measures a daemon whose camera is called demo.
func hold(t *testing.T, config string) {
	p := program.Start(t, withoutMQTT+"web: {listen: '0.0.0.0:{port}'}\n"+config)
	client := p.Client(t)
	setPassword(t, p, client)
	p.Await(t, "demo", 20) // warm
	kinds := []kind{quiet, viewed, attacked, quiet, viewed, attacked, quiet, viewed, attacked, quiet}
	crowd := NewCrowd(p.URL, client, viewers)
	var list []window
	for _, k := range kinds {
		w := measureWindow(t, p, crowd, k, *load/time.Duration(len(kinds)))
		t.Log(w)
		list = append(list, w)
	}
	judge(t, list)
}

// setPassword gives the page a password, so that there is something to guess.
func setPassword(t *testing.T, p *program.Program, client *http.Client) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPut, p.URL+"api/v1/password", strings.NewReader(fmt.Sprintf(`{"password":%q}`, password)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		t.Fatalf("setting a password: %s", answer.Status)
	}
}

// measureWindow lets k go on for d.
func measureWindow(t *testing.T, p *program.Program, crowd *Crowd, k kind, d time.Duration) window {
	t.Helper()
	w := window{kind: k}
	var look *Viewers
	attack := func() (int64, int64) { return 0, 0 }
	if k != quiet {
		look = crowd.View()
	}
	if k == attacked {
		attack = Attack(p.URL, ownAddress(), p.Port, halfOpened)
	}
	from := len(p.Results("demo"))
	w.memory = watchMemory(t, p.PID, d)
	results := p.Results("demo")[from:]
	w.opened, w.guessed = attack()
	if look != nil {
		pictures, distinct, faults := look.Stop()
		w.encodes = float64(distinct) / d.Seconds()
		if n := float64(pictures) / viewers / d.Seconds(); n < 1 {
			t.Errorf("%s: a viewer had %.2f pictures a second", k, n)
		}
		if len(faults) > 0 && (k == viewed || ownAddress() != "127.0.0.18") { // programs of this machine share its places
			t.Errorf("%s: %d requests of viewers failed, first %v", k, len(faults), faults[0])
		}
	}
	if n := len(results); n > 1 {
		w.rate = float64(n-1) / results[n-1].Time.Sub(results[0].Time).Seconds()
	}
	return w
}

// ownAddress is one of this machine by which it is a stranger to itself; without a network, a loopback address.
func ownAddress() string {
	addresses, _ := net.InterfaceAddrs() // perhaps none
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && ip.IP.IsGlobalUnicast() {
			return ip.IP.String()
		}
	}
	return "127.0.0.18"
}

// watchMemory reads the resident memory of a process for d: its median, in bytes.
func watchMemory(t *testing.T, pid int, d time.Duration) int {
	t.Helper()
	const readings = 40
	var list []int
	tick := time.NewTicker(d / readings)
	defer tick.Stop()
	for len(list) < readings {
		<-tick.C
		list = append(list, resident(t, pid))
	}
	return measure.Median(list, func(n int) int { return n })
}

// resident is the memory of a process, in bytes.
func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmRSS:"); found {
			var n int
			fmt.Sscan(value, &n)
			return n << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

func judge(t *testing.T, list []window) {
	t.Helper()
	of := func(k kind) (some []window) {
		for _, w := range list {
			if w.kind == k {
				some = append(some, w)
			}
		}
		return some
	}
	rate, memory := func(w window) float64 { return w.rate }, func(w window) int { return w.memory }
	base := of(quiet)
	for _, k := range []kind{viewed, attacked} {
		some := of(k)
		loss := 1 - measure.Median(some, rate)/measure.Median(base, rate)
		more := measure.Median(some, memory) - base[0].memory
		growth := some[len(some)-1].memory - some[1].memory // the first is for warming up
		t.Logf("%s: %.2f %% of the results lost, %+.2f MB, grown by %+.2f MB", k, 100*loss, float64(more)/1e6, float64(growth)/1e6)
		if loss > maxLoss {
			t.Errorf("%s: %.2f %% of the results per second are lost", k, 100*loss)
		}
		if more > maxMemory {
			t.Errorf("%s: it costs %d bytes (at most %d)", k, more, maxMemory)
		}
		if growth > maxGrowth {
			t.Errorf("%s: memory has grown by %d bytes (at most %d)", k, growth, maxGrowth)
		}
		var opened, guessed int64
		for _, w := range some {
			opened, guessed = opened+w.opened, guessed+w.guessed
			if w.encodes > maxEncodes*1.05 {
				t.Errorf("%s: %.2f pictures a second were encoded", k, w.encodes)
			}
		}
		if k == attacked && (opened < halfOpened || guessed == 0) {
			t.Errorf("only %d connections were half open, and %d passwords guessed", opened, guessed)
		}
	}
}
