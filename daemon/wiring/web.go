package wiring

import (
	"path/filepath"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/systemd"
)

// planWeb is what c says about the page, which keeps passwords and sessions in the folder state.
func planWeb(c *config.Config, state string) web.Options {
	o := web.Options{
		Listen: c.Web.Listen, TLS: web.TLS(c.Web.TLS), Hosts: c.Web.Hosts, Embed: c.Web.Embed, Rate: c.Web.Rate, Device: c.Device,
	}
	if state != "" {
		o.StateDir = filepath.Join(state, "web")
	}
	if dir := systemd.RuntimeDirectory(); dir != "" {
		o.LinkFile = filepath.Join(dir, "web-link")
	} else if state != "" {
		o.LinkFile = filepath.Join(o.StateDir, "link")
	}
	return o
}
