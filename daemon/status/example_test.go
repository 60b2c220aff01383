package status_test

import (
	"fmt"

	"github.com/inceptiond/inceptiond/daemon/status"
	"github.com/inceptiond/inceptiond/publish"
)

// gate is a program with one camera, which has just begun.
type gate struct{}

func (gate) Overview() status.Overview {
	return status.Overview{
		Generation: 1,
		Cameras:    []status.Camera{{Name: "drive", State: publish.CameraOnline, Frames: 3}},
		Broker:     status.Broker{Connected: true},
	}
}

// Who watches a daemon asks for an overview, and judges it.
func ExampleSource() {
	var daemon status.Source = gate{}
	o := daemon.Overview()
	for _, c := range o.Cameras {
		fmt.Printf("%s is %s: %d frames, %d results\n", c.Name, c.State, c.Frames, c.Results)
	}
	fmt.Println("all have begun:", o.Settled())
	// Output:
	// drive is online: 3 frames, 0 results
	// all have begun: false
}
