package mqtt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/mqtt/mqtt5"
)

// Wanted is what a probe asks the broker's leave for.
type Wanted struct {
	publish.Inventory     // what is to be published about
	Largest           int // bytes of the largest message

	Boot string // of this machine; empty: nobody knows
}

// Rights are what a broker has said of what we may, over MQTT 5.
type Rights struct {
	Asked  int      // topics that it has told of
	Advice []Advice // what is wrong; empty: nothing
}

// askTime is for all questions of a probe.
const askTime = 8 * time.Second

// rights asks the broker what we may. That can be asked of few brokers; of others there is nothing to report.
func (p *probe) rights(ctx context.Context, w Wanted) *Rights {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	dial, login, err := p.asker(ctx, p.options.ClientID+"-rights")
	if err != nil {
		return nil
	}
	q := mqtt5.Question{Own: p.report.Topic + "/rights", Topics: p.options.topics(w.Inventory), Payload: w.Largest}
	q.Topics = q.Topics[:min(len(q.Topics), maxAsked)]
	for filter := range p.options.wishes() {
		q.Filters = append(q.Filters, filter)
	}
	slices.Sort(q.Filters)
	a, _ := mqtt5.Ask(ctx, dial, login, q) // what there is of an answer counts
	if len(a.Write) == 0 && a.Packet == 0 && a.Limit == 0 {
		return nil
	}
	r := &Rights{Asked: len(a.Write)}
	if len(denied(a.Write)) > 0 {
		r.Advice = append(r.Advice, p.adviseRights(a.Write))
	}
	if limit := limitOf(a, p.options.Prefix); limit > 0 && limit < w.Largest {
		r.Advice = append(r.Advice, adviseSize(limit, w.Largest))
	}
	if unheard := denied(a.Read); len(unheard) > 0 {
		r.Advice = append(r.Advice, Advice{What: "the broker refuses subscriptions to " + list(unheard), Works: true,
			Mend: fmt.Sprintf("in the broker's access rules let %s read them", p.options.who())})
	}
	return r
}

// adviseRights is about topics that may not be written. What the broker retains may tell that it does not mean the daemon.
func (p *probe) adviseRights(write map[string]bool) Advice {
	a := Advice{What: "the broker throws away what is published on " + list(named(p.options.Prefix, write)), Mend: p.rightsHint(write)}
	if may, told := write[p.options.Prefix+"/status"]; told && !may && p.report.Daemon == online {
		a.What = "the broker would throw away what the doctor publishes on the daemon's topics, but the daemon is online there"
		a.Mend, a.Works = "if its access rules go by the client id all may be well: the daemon's log says what the daemon may not", true
	}
	return a
}

// adviseSize is about a limit on messages, in bytes of payload.
func adviseSize(limit, largest int) Advice {
	return Advice{Works: true,
		What: fmt.Sprintf("the broker takes no message with more than %d bytes, and says nothing; those of this config may have about %d", limit, largest),
		Mend: fmt.Sprintf("raise its limit to %d or more (mosquitto: message_size_limit, max_packet_size); or set top_k or snapshot.max_bytes lower", largest+512)}
}

// limitOf is the most bytes of payload that a broker takes, of a message on a topic below prefix; 0: there is no limit known.
func limitOf(a mqtt5.Answer, prefix string) int {
	limit := a.Limit
	if a.Packet > 0 {
		packet := max(1, a.Packet-len(prefix)-64)
		if limit == 0 || packet < limit {
			limit = packet
		}
	}
	return limit
}

// wishes are the filters of all that a client may want to hear, now or later.
func (o Options) wishes() map[string]byte {
	filters := sweepFilters(o.Prefix)
	for _, s := range o.Subscribe {
		filters[s.filter(o.Prefix)] = s.QoS
	}
	if h := o.HomeAssistant; h != nil {
		filters[h.StatusTopic], filters[h.Filter()] = 1, 1
	}
	return filters
}

// list is topics in a line of text.
func list(topics []string) string {
	const most = 12
	text := strings.Join(topics[:min(len(topics), most)], ", ")
	if more := len(topics) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
