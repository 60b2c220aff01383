package status_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

func ExampleOverview_Line() {
	now := time.Now()
	o := status.Overview{
		Cameras: []status.Camera{{Name: "gate", State: publish.CameraOnline}, {Name: "yard", State: publish.CameraLost}},
		Models:  []status.Model{{Name: "birds", Engine: publish.EngineRunning, Wanted: "cpu", Runs: "cpu"}},
		Broker:  status.Broker{Waiting: 3},
		Stalls:  []status.Stall{{Who: "model birds", Stage: "inference", Since: now.Add(-40 * time.Second)}},
	}
	fmt.Println(o.Line(now, "9.8 results/s"))
	// Output: model birds has stood still for 40s: inference, 1 of 2 cameras online (yard lost), 9.8 results/s, birds on cpu, broker away, 3 results waiting
}

func TestLine(t *testing.T) {
	for _, test := range []struct {
		overview status.Overview
		want     string
	}{
		{status.Overview{Broker: status.Broker{Off: true}}, "0 cameras online, broker off"},
		{status.Overview{Refused: true, Broker: status.Broker{Connected: true}}, "the config file is refused (see the log), 0 cameras online, broker connected"},
		{status.Overview{Broker: status.Broker{Waiting: 1}}, "0 cameras online, broker away, 1 result waiting"},
		{status.Overview{Broker: status.Broker{Connected: true, Events: 3, Held: 2}}, "0 cameras online, broker connected, 2 events held (see the log)"},
	} {
		if got := test.overview.Line(time.Now(), ""); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestModel(t *testing.T) {
	for engine, want := range map[publish.EngineState]string{
		publish.EngineRunning:  "birds on edgetpu",
		publish.EngineFallback: "birds on cpu (edgetpu lost)",
		publish.EngineDown:     "birds on nothing (edgetpu lost)",
	} {
		m := status.Model{Name: "birds", Engine: engine, Wanted: "edgetpu"}
		switch engine {
		case publish.EngineRunning:
			m.Runs = "edgetpu"
		case publish.EngineFallback:
			m.Runs = "cpu"
		}
		if got := m.String(); got != want {
			t.Errorf("%v: %q, want %q", engine, got, want)
		}
	}
}

func TestSettled(t *testing.T) {
	for name, test := range map[string]struct {
		overview         status.Overview
		settled, failing bool
	}{
		"no config yet":  {status.Overview{}, false, false},
		"no camera":      {status.Overview{Generation: 1}, true, false},
		"a first result": {status.Overview{Generation: 1, Cameras: []status.Camera{{State: publish.CameraOnline, Results: 1}}}, true, false},
		"none yet":       {status.Overview{Generation: 1, Cameras: []status.Camera{{State: publish.CameraOnline, Frames: 1}}}, false, false},
		"paused":         {status.Overview{Generation: 1, Cameras: []status.Camera{{State: publish.CameraPaused}}}, true, false},
		"lost":           {status.Overview{Generation: 1, Cameras: []status.Camera{{State: publish.CameraLost}}}, true, false},
		"damaged":        {status.Overview{Generation: 1, Cameras: []status.Camera{{State: publish.CameraConnecting, Bad: 1}}}, true, false},
		"a view of a camera with damaged frames": {status.Overview{Generation: 1, Cameras: []status.Camera{
			{Name: "drive", State: publish.CameraConnecting, Bad: 1}, {Name: "door", View: "drive", State: publish.CameraConnecting}}}, true, false},
		"a view before its first result": {status.Overview{Generation: 1, Cameras: []status.Camera{
			{Name: "drive", State: publish.CameraOnline, Results: 1}, {Name: "door", View: "drive", State: publish.CameraConnecting}}}, false, false},
		"frames all fail": {status.Overview{Generation: 1, Cameras: []status.Camera{{State: publish.CameraOnline, Failed: 1}}}, false, true},
	} {
		if test.overview.Settled() != test.settled || test.overview.Failing() != test.failing {
			t.Errorf("%s: settled %v, failing %v", name, test.overview.Settled(), test.overview.Failing())
		}
	}
}
