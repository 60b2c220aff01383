package mqtt5

import (
	"errors"

	"github.com/mochi-mqtt/server/v2/packets"
)

// overhead is the most bytes of a packet that has a message, beside its topic and payload.
const overhead = 16

// askSize asks how large a message may be. If the largest one is not taken, the limit is looked for in the next session,
// which has all of its window.
func (a *inquiry) askSize(s *session) error {
	if !a.unsized {
		return nil
	}
	if a.tooMuch > 0 {
		a.unsized = false
		return a.measure(s)
	}
	size := a.q.Payload
	if s.maxPacket > 0 { // a larger packet would end the session
		size = max(0, min(size, s.maxPacket-overhead-len(a.q.Own)))
	}
	taken, err := a.takes(s, size)
	why := refusal(0)
	if errors.As(err, &why) {
		a.unsized, s.over = false, true
		return nil
	}
	if err == nil && !taken {
		a.tooMuch, s.over = size, true
		return nil
	}
	a.unsized = false
	return err
}

// measure finds the largest message that the broker takes. The limit is a little too low if the window ends before.
func (a *inquiry) measure(s *session) error {
	low, high := 0, a.tooMuch
	for high-low > 1 && s.window > 0 {
		middle := (low + high) / 2
		taken, err := a.takes(s, middle)
		if err != nil {
			return err
		}
		if taken {
			low = middle
		} else {
			high = middle
		}
	}
	a.answer.Limit = low
	return nil
}

// takes tells whether the broker takes a message for its size.
func (a *inquiry) takes(s *session, size int) (bool, error) {
	id, err := s.publish(a.q.Own, make([]byte, size))
	if err != nil {
		return false, err
	}
	pk, err := s.await(packets.Pubrec, id)
	if err != nil {
		return false, err
	}
	if pk.ReasonCode < firstError {
		s.window--
	}
	return pk.ReasonCode != packetTooLarge, nil
}
