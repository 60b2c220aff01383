package broker

import (
	"sync"
	"sync/atomic"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook lets every client in, to every topic: who can reach loopback is on this machine. And it keeps the storing and
// the search of retained messages apart, because the server reads the topic tree for a new subscription without the
// lock under which it writes there (mochi v2.7.9, topics.go, scanMessages and RetainMessage). The server calls what is
// between lock and unlock in one goroutine, and waits for no network there.
type hook struct {
	mochi.HookBase
	sessions *sessions
	tree     sync.Mutex
	holder   atomic.Pointer[mochi.Client] // of tree
}

func (*hook) ID() string { return "loopback" }

func (*hook) Provides(event byte) bool {
	switch event {
	case mochi.OnConnectAuthenticate, mochi.OnACLCheck, mochi.OnSessionEstablish,
		mochi.OnPublish, mochi.OnWill, mochi.OnRetainMessage,
		mochi.OnPacketSent, mochi.OnPacketProcessed:
		return true
	}
	return false
}

func (*hook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

func (*hook) OnACLCheck(*mochi.Client, string, bool) bool { return true }

// OnSessionEstablish comes right before the server looks for another client of this id.
func (h *hook) OnSessionEstablish(cl *mochi.Client, _ packets.Packet) { h.sessions.begin(cl) }

// OnPublish comes before a message is stored, OnRetainMessage after it.
func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Retain {
		h.lock(cl)
	}
	return pk, nil
}

// OnWill comes before a last will is stored, OnRetainMessage after it. A will with a delay (MQTT 5) is stored later.
func (h *hook) OnWill(cl *mochi.Client, will mochi.Will) (mochi.Will, error) {
	if will.Retain && will.WillDelayInterval == 0 {
		h.lock(cl)
	}
	return will, nil
}

func (h *hook) OnRetainMessage(cl *mochi.Client, _ packets.Packet, _ int64) { h.unlock(cl) }

// OnPacketSent of a SUBACK comes right before the search for a new subscription, OnPacketProcessed after it.
func (h *hook) OnPacketSent(cl *mochi.Client, pk packets.Packet, _ []byte) {
	if pk.FixedHeader.Type == packets.Suback {
		h.lock(cl)
	}
}

func (h *hook) OnPacketProcessed(cl *mochi.Client, pk packets.Packet, _ error) {
	if pk.FixedHeader.Type == packets.Subscribe {
		h.unlock(cl)
	}
}

func (h *hook) lock(cl *mochi.Client) {
	h.tree.Lock()
	h.holder.Store(cl)
}

// unlock does nothing if cl does not hold the lock: its SUBACK could not be sent, or its will was delayed.
func (h *hook) unlock(cl *mochi.Client) {
	if h.holder.CompareAndSwap(cl, nil) {
		h.tree.Unlock()
	}
}
