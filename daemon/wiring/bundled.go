package wiring

import (
	"cmp"

	"github.com/inceptiond/inceptiond/config"
)

// Bundled is the config of a bundle that was made on a machine with that device name. teach is where what was taught there is here, in
// place of where it was; empty: nowhere else. The error is a *config.Error.
func Bundled(text []byte, device, teach string) (*config.Config, error) {
	c, err := config.ParseAs("/config.yaml", text, checkCatalogue, checkHours, checkSnapshots, checkTeach)
	if err != nil {
		return nil, err
	}
	c.Device = cmp.Or(c.Device, device, hostDevice())
	c.Teach.Folder = cmp.Or(teach, c.Teach.Folder)
	return c, nil
}
