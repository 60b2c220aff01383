package web

import (
	"net"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/internal/loopback"
	"github.com/inceptiond/inceptiond/publish/web/auth"
)

// Open serves the page at the place that o names, to people and programs that package auth lets in. A port that is taken is no
// error: it is logged, and tried again every 30 s. Neither is a folder that cannot be written: then there is no link in a file, and
// who may come in is not kept over a restart. The error is about the program itself.
func Open(o Options, d Daemon, log *zap.Logger) (*Server, error) {
	a, err := auth.Open(auth.Options{
		Device: o.Device, Instance: instance(o), Folder: o.StateDir, LinkFile: o.LinkFile, Now: time.Now, Site: siteOf(o, place{}, ""),
	}, log.Named("auth"))
	if err != nil {
		log.Warn("there is no link to the page: the daemon's user has to be able to write it", zap.Error(err))
	}
	s, err := newServer(o, d, a, log)
	if err != nil {
		return nil, err
	}
	s.auth = a
	s.door.moved = s.move
	s.door.want(place{o.Listen, o.TLS})
	return s, nil
}

// Links are addresses of the page that let who opens one in, once.
func (s *Server) Links() []string {
	if s.auth == nil {
		return nil
	}
	return s.auth.Links()
}

// Public is the address of the page for other machines; empty: they cannot reach it.
func (s *Server) Public() string {
	o := s.options.Load()
	if all := links(o.Listen, o.TLS != (TLS{}), o.Hosts); (place{o.Listen, o.TLS}).public() && len(all) > 0 {
		return all[0]
	}
	return ""
}

// move tells the guard where the page is: at, if that is somewhere, and soon where the options want it.
func (s *Server) move(at place, address string) {
	if s.auth == nil {
		return
	}
	if err := s.auth.Move(siteOf(*s.options.Load(), at, address)); err != nil {
		s.log.Warn("the guard of the page cannot do all it should", zap.Error(err))
	}
}

// instance tells the cookies of several daemons on a machine apart, whose ports a browser does not look at.
func instance(o Options) string {
	name := o.Device
	if _, port, err := net.SplitHostPort(o.Listen); err == nil {
		name += "-" + port
	}
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '_'
	}, name)
}

// siteOf is what the guard has to know. The page counts as public as long as others can reach it where it is, or could where it
// shall be.
func siteOf(o Options, at place, address string) auth.Site {
	wanted := place{o.Listen, o.TLS}
	site := auth.Site{Hosts: o.Hosts, Public: wanted.public() || at != (place{}) && at.public()}
	if address != "" { // else it is nowhere yet: there is no link to give
		site.Links = links(address, at.tls != (TLS{}), o.Hosts)
	}
	return site
}

// public tells whether other machines can reach a place.
func (p place) public() bool {
	host, _, err := net.SplitHostPort(p.address)
	return err != nil || !loopback.Host(host)
}
