package config_test

import (
	"fmt"

	"github.com/inceptiond/inceptiond/config"
)

func ExampleParse() {
	c, err := config.Parse("inceptiond.yaml", []byte(`
device: hall
cameras:
  door:
    source: v4l2
    v4l2: {device: /dev/video2}
    top_k: 1
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	door := c.Cameras["door"]
	fmt.Println(c.Device, door.V4L2.Device, door.V4L2.Format, door.Model, door.TopK)
	// Output: hall /dev/video2 auto demo 1
}

func ExampleError() {
	_, err := config.Parse("inceptiond.yaml", []byte(`
log: {level: loud}
mqtt:
  keep_alive: 30
cameras:
  door: {treshold: 0.5}
`))
	fmt.Println(err)
	// Output:
	// inceptiond.yaml:2: log.level: "loud" is not possible (want debug, info, warn or error)
	// inceptiond.yaml:4: mqtt.keep_alive: want a duration such as 500ms or 30s, not the number 30 (did you mean 30s?)
	// inceptiond.yaml:6: cameras.door.treshold: unknown key (did you mean threshold?)
}
