package service

import (
	"reflect"
	"strings"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// pageOptions are those of the page of a plan.
func (s *Service) pageOptions(p *plan.Plan) web.Options {
	o := p.Web
	o.Version = s.options.Version
	return o
}

// openPage opens the page if a plan wants one and there is none. Messages from now on are on it.
func (s *Service) openPage(p *plan.Plan) error {
	if s.page != nil || p.Web.Listen == "" {
		return nil
	}
	page, err := web.Open(s.pageOptions(p), s, limitRepeats(s.log.Named("web")))
	if err != nil {
		return err
	}
	s.page = page
	s.out.add(page)
	return nil
}

// movePage has the page where the parts want it, and nowhere if they want none. What it keeps stays where it is: whoever has
// come in stays in.
func (s *Service) movePage(old *parts) error {
	is := s.parts.plan.Web
	switch {
	case is.Listen == "" && s.page != nil:
		page := s.page
		s.page = nil
		s.out.remove(page)
		s.leaving.Go(func() { // whoever has asked for this is answered first
			if err := page.Close(); err != nil {
				s.log.Warn("not closed in good order", zap.Error(err))
			}
		})
	case s.page != nil && !reflect.DeepEqual(is, old.plan.Web):
		s.page.Reload(s.pageOptions(s.parts.plan))
	}
	return s.openPage(s.parts.plan)
}

// inventory is what there is to be told about.
func (s *Service) inventory() publish.Inventory {
	i := s.parts.inventory()
	if s.page != nil {
		i.Page = s.page.Public()
	}
	return i
}

// announcePage says where the page is, for people: on a terminal with a code that lets one browser in, which is no matter for a log.
func (s *Service) announcePage() (facts [][2]string) {
	if s.page == nil {
		return nil
	}
	if why := s.page.Problem(); why != "" {
		return [][2]string{{"page", "not yet: " + why}}
	}
	for _, link := range s.page.Links() {
		if s.output() != OutputText {
			link, _, _ = strings.Cut(link, "#")
		}
		facts = append(facts, [2]string{"page", link})
	}
	return facts
}

var _ web.Daemon = (*Service)(nil)
