package config

import (
	"math"
	"net/url"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/internal/secret"
)

// Shared is c as it may be given to a stranger, as a config file that does the same to frames: without what YAML hides, users, where
// addresses lead to beyond the host, what topics and the client are called, and where the machine is but for the degree. secrets
// are the texts that it hides; those in files that c names are not among them.
func (c Config) Shared() (text []byte, secrets []string) {
	hide := func(s *string) {
		if *s != "" {
			secrets = append(secrets, *s)
			*s = redacted
		}
	}
	c.MQTT.Broker = slices.Clone(c.MQTT.Broker)
	for i := range c.MQTT.Broker {
		secrets = append(secrets, c.MQTT.Broker[i].URL.hidePath()...)
	}
	usual := Default().MQTT
	hide(&c.MQTT.Username)
	for _, s := range []struct{ is, usual *string }{
		{&c.MQTT.Prefix, &usual.Prefix}, {&c.MQTT.ClientID, &usual.ClientID}, {&c.MQTT.HomeAssistant.Prefix, &usual.HomeAssistant.Prefix},
		{&c.MQTT.HomeAssistant.StatusTopic, &usual.HomeAssistant.StatusTopic},
	} {
		if *s.is != *s.usual {
			hide(s.is)
		}
	}
	cameras := map[string]Camera{}
	for name, cam := range c.Cameras {
		if cam.HTTP != nil {
			cam.HTTP = new(*cam.HTTP)
			hide(&cam.HTTP.Username)
			secrets = append(secrets, cam.HTTP.URL.hidePath()...)
		}
		if cam.RTSP != nil {
			cam.RTSP = new(*cam.RTSP)
			hide(&cam.RTSP.Username)
			secrets = append(secrets, cam.RTSP.URL.hidePath()...)
		}
		cameras[name] = cam
	}
	c.Cameras = cameras
	if c.Location != nil {
		c.Location = &Location{Latitude: math.Round(c.Location.Latitude), Longitude: math.Round(c.Location.Longitude)}
	}
	return c.YAML(), secrets
}

// hidePath hides all of an address but where the host is, and returns what is hidden: some cameras have their password in
// the path.
func (u *URL) hidePath() (hidden []string) {
	hidden = secret.Parts(string(*u))
	scheme, rest, _ := strings.Cut(u.String(), "://")
	host, path, more := strings.Cut(rest, "/")
	if !more || path == "" {
		return hidden
	}
	path, _, _ = strings.Cut(path, "?")
	if meant, err := url.PathUnescape(path); err == nil && meant != path {
		hidden = append(hidden, meant)
	}
	hidden = append(append(hidden, path), strings.Split(path, "/")...)
	*u = URL(scheme + "://" + host + "/" + redacted)
	return hidden
}
