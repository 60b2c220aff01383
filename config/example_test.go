package config_test

import (
	"fmt"
	"os"
	"path/filepath"

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

// A file whose paths are relative to its own folder.
func ExampleLoad() {
	dir, err := os.MkdirTemp("", "config")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "inceptiond.yaml")
	if err := os.WriteFile(file, []byte("models: {birds: {file: birds.tflite}}\ncameras: {front: {source: v4l2, model: birds}}\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	c, err := config.Load(file)
	if err != nil {
		fmt.Println(err) // a *config.Error says all that is wrong with the file
		return
	}
	fmt.Println(c.Models["birds"].File == filepath.Join(dir, "birds.tflite"), c.Models["birds"].Engine, c.Cameras["front"].Source)
	// Output: true auto v4l2
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
