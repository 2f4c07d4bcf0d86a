package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/wppmarketing/developers/portal"
)

// secretsAge is how long opened secrets are believed: other nodes, and commands
// beside the server, replace them too.
const secretsAge = time.Second

// maxSecrets bounds how many channels' secrets are kept opened.
const maxSecrets = 1000

// openedSecrets remembers for a moment what was unsealed: every message that is
// sent asks for it. The zero value is ready.
type openedSecrets struct {
	mu      sync.Mutex
	changes int // counts replacements, so that what was read before one is not kept after it
	of      map[string]opened
}

type opened struct {
	portal.ChannelSecrets
	until time.Time
}

func (o *openedSecrets) known(id string, now time.Time) (portal.ChannelSecrets, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.of[id]
	return found.ChannelSecrets, ok && now.Before(found.until)
}

func (o *openedSecrets) began() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changes
}

func (o *openedSecrets) keep(id string, s portal.ChannelSecrets, began int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if began != o.changes {
		return
	}
	now := time.Now()
	maps.DeleteFunc(o.of, func(_ string, old opened) bool { return !now.Before(old.until) })
	if o.of == nil || len(o.of) >= maxSecrets {
		o.of = map[string]opened{}
	}
	o.of[id] = opened{s, now.Add(secretsAge)}
}

func (o *openedSecrets) forget(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes++
	delete(o.of, id)
}

func (v *vault) sealSecrets(id string, secrets portal.ChannelSecrets) ([]byte, error) {
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("secrets of %s: %w", id, err)
	}
	return v.seal(id, plain)
}

func (v *vault) openSecrets(id string, sealed []byte) (secrets portal.ChannelSecrets, err error) {
	plain, err := v.unseal(id, sealed)
	if err != nil {
		return secrets, err
	}
	if json.Unmarshal(plain, &secrets) != nil {
		return secrets, fmt.Errorf("the secrets of %s cannot be read", id) // the decoder's words may hold a secret
	}
	return secrets, nil
}
