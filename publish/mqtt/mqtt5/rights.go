package mqtt5

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// Question is what to ask of a broker.
type Question struct {
	Topics  []string // that shall be written
	Filters []string // that shall be subscribed to
	Payload int      // bytes of the largest message

	// Own is a topic of nobody that the client may write and read. What is not released (see Ask) stays with a broker
	// that knows its trade; on this topic that is tried first. Proven says that this is known.
	Own    string
	Proven bool
}

// Answer is what a broker has said.
type Answer struct {
	Write  map[string]bool // by topic: it may be written. Topics that are missing are those that the broker has not told of
	Read   map[string]bool // by filter: it may be subscribed to
	Packet int             // bytes of the largest packet; 0: the broker names no limit
	Limit  int             // bytes of the largest message's payload that the broker took; 0: it took all of Question.Payload
	Proven bool            // messages that are not released stay with the broker
}

var (
	// ErrEager is what it is if a broker hands messages on that were not released: MQTT allows that (MQTT 5, section
	// 4.3.3), and so it cannot be asked without that others hear it.
	ErrEager = errors.New("the broker hands on a message before it is released")
	// ErrUnproven is what it is if that could not be found out, as we may not read our own message.
	ErrUnproven = errors.New("our own message did not come back")
	// ErrForbidden is what it is if the broker says that we may not even write on the topic of nobody.
	ErrForbidden = errors.New("the broker does not let us write on a topic of our own")
	// ErrNoQoS2 is what it is if a broker has no messages that have to be released.
	ErrNoQoS2 = errors.New("the broker takes no messages of QoS 2")

	errTooMuch = errors.New("too many questions for one time")
)

const (
	echoTime    = 2 * time.Second      // for our own message, until it has come back
	maxSessions = 8                    // for one question
	unreleased  = `{"released":false}` // JSON, as some who hear everything read nothing else
	released    = `{"released":true}`
)

// Ask asks what may be written: with messages of QoS 2, empty and not to be retained, which the broker answers with a reason
// (PUBREC), and holds until they are released (PUBREL). They never are, so nobody hears them. On q.Own goes one that
// is released, the proof. Ask ends with ctx. With an error the answer holds what was found before.
func Ask(ctx context.Context, dial Dial, login Login, q Question) (Answer, error) {
	a := &inquiry{q: q, topics: slices.Clone(q.Topics), filters: q.Filters, unsized: q.Payload > 0}
	a.answer = Answer{Write: map[string]bool{}, Read: map[string]bool{}, Proven: q.Proven}
	for range maxSessions {
		if err := a.session(ctx, dial, login); err != nil || a.done() {
			return a.answer, err
		}
	}
	return a.answer, errTooMuch
}

// inquiry is an Ask under way.
type inquiry struct {
	q      Question
	answer Answer

	// What is to be asked still.
	topics  []string
	filters []string
	unsized bool
	tooMuch int // bytes of payload that the broker does not take; 0: none known

	careful bool // topics one at a time, as the broker ends the session at one that it does not allow
}

func (a *inquiry) done() bool { return len(a.topics)+len(a.filters) == 0 && !a.unsized }

// session asks what can be asked in one: a broker takes so many messages before the first is released. One that ends
// the session at a question is no error.
func (a *inquiry) session(ctx context.Context, dial Dial, login Login) error {
	s, err := open(ctx, dial, login)
	if err != nil {
		return err
	}
	defer s.close()
	if s.maxQoS < 2 {
		return ErrNoQoS2
	}
	a.answer.Packet = s.maxPacket
	for _, ask := range []func(*session) error{a.prove, a.askSize, a.askTopics, a.askFilters} {
		if err := ask(s); err != nil {
			return cmp.Or(ctx.Err(), err)
		}
		if s.over {
			break
		}
	}
	return ctx.Err()
}

// prove finds whether the broker holds a message until it is released: a second one on the same topic, which is, must
// come without the first.
func (a *inquiry) prove(s *session) error {
	if a.answer.Proven {
		return nil
	}
	if err := s.subscribe(a.q.Own); err != nil {
		return err
	}
	if answer, err := s.await(packets.Suback, s.id); err != nil || len(answer.ReasonCodes) != 1 || answer.ReasonCodes[0] >= firstError {
		return cmp.Or(err, ErrUnproven)
	}
	if _, err := s.publish(a.q.Own, []byte(unreleased)); err != nil {
		return err
	}
	s.window--
	id, err := s.publish(a.q.Own, []byte(released))
	if err != nil {
		return err
	}
	late := time.AfterFunc(echoTime, func() { s.conn.Close() })
	err = a.awaitEcho(s, id)
	if !late.Stop() {
		return ErrUnproven
	}
	a.answer.Proven = err == nil
	return err
}

// awaitEcho releases the message id as soon as the broker has it, and waits for it.
func (a *inquiry) awaitEcho(s *session, id uint16) error {
	for {
		pk, err := s.receive()
		switch {
		case err != nil:
			return err
		case pk.FixedHeader.Type == packets.Pubrec && pk.ReasonCode == notAuthorized:
			return ErrForbidden
		case pk.FixedHeader.Type == packets.Pubrec && pk.ReasonCode >= firstError:
			return ErrUnproven
		case pk.FixedHeader.Type == packets.Pubrec && pk.PacketID == id:
			if err := s.release(id); err != nil {
				return err
			}
		case pk.FixedHeader.Type != packets.Publish || pk.TopicName != a.q.Own:
		case string(pk.Payload) == unreleased:
			return ErrEager
		case string(pk.Payload) == released:
			return nil
		}
	}
}

// askTopics asks for as many topics as the broker takes messages.
func (a *inquiry) askTopics(s *session) error {
	for len(a.topics) > 0 && s.window > 0 {
		n := min(s.window, len(a.topics))
		if a.careful {
			n = 1
		}
		answered, err := a.askSome(s, a.topics[:n])
		a.topics = slices.DeleteFunc(a.topics, func(topic string) bool { return answered[topic] })
		why := refusal(0)
		switch {
		case err == nil:
			continue
		case !errors.As(err, &why) && !errors.Is(err, ErrHungUp):
			return err
		case n == 1 && why == notAuthorized:
			a.answer.Write[a.topics[0]] = false
			a.topics = a.topics[1:]
		case a.careful: // nobody knows why
			a.topics = a.topics[1:]
		}
		a.careful, s.over = true, true
		return nil
	}
	return nil
}

// askSome asks for some topics at once, and returns those that were answered.
func (a *inquiry) askSome(s *session, topics []string) (answered map[string]bool, err error) {
	asked := map[uint16]string{}
	for _, topic := range topics {
		id, err := s.publish(topic, nil)
		if err != nil {
			break // the reason may have come already
		}
		asked[id] = topic
	}
	answered = map[string]bool{}
	for len(answered) < len(topics) {
		pk, err := s.next(packets.Pubrec)
		if err != nil {
			return answered, err
		}
		topic, ok := asked[pk.PacketID]
		if !ok || answered[topic] {
			continue
		}
		answered[topic] = true
		switch {
		case pk.ReasonCode < firstError:
			a.answer.Write[topic] = true
			s.window--
		case pk.ReasonCode == notAuthorized, pk.ReasonCode == topicInvalid:
			a.answer.Write[topic] = false
		}
	}
	return answered, nil
}

// askFilters asks for all subscriptions, as the last thing: then messages come.
func (a *inquiry) askFilters(s *session) error {
	if len(a.topics) > 0 || a.unsized || len(a.filters) == 0 {
		return nil
	}
	filters := a.filters
	a.filters = nil
	if err := s.subscribe(filters...); err != nil {
		return err
	}
	pk, err := s.await(packets.Suback, s.id)
	if err != nil {
		return err
	}
	if len(pk.ReasonCodes) != len(filters) {
		return errAnswer
	}
	for i, f := range filters {
		a.answer.Read[f] = pk.ReasonCodes[i] < firstError
	}
	return nil
}
