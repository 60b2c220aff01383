package wiring_test

import (
	"fmt"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/wiring"
)

// A config becomes options of the parts: a camera, and a view of its left half.
func ExamplePlan() {
	c, err := config.Parse("inceptiond.yaml", []byte(`
device: gate
mqtt: {broker: off}
cameras:
  drive: {source: v4l2, v4l2: {device: /dev/video0}}
  door: {source: view, view: {of: drive}, region: {x: 0, y: 0, width: 0.5, height: 1}, max_rate: 1}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := wiring.Plan(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range p.CamerasFirst() {
		cam := p.Cameras[name]
		fmt.Printf("%s: %v, model %s, %g results/s\n", name, cam, cam.Model, cam.MaxRate)
	}
	fmt.Println(p.Models["demo"].File, p.MQTT == nil)
	// Output:
	// drive: V4L2 /dev/video0, model demo, 0 results/s
	// door: a view of drive, model demo, 1 results/s
	// builtin:demo true
}
