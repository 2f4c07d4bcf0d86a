package portal

// Environment separates rehearsal from the real thing. Ids of one are unknown in the other.
type Environment string

// The environments. Test always talks to the simulator.
const (
	Test Environment = "test"
	Live Environment = "live"
)

// ParseEnvironment returns the environment named s; ok is false for any other word.
func ParseEnvironment(s string) (env Environment, ok bool) {
	env = Environment(s)
	return env, env == Test || env == Live
}

// Tenant is the account and environment that every query is held to. It always
// comes from a credential or a checked membership, never from input.
type Tenant struct {
	AccountID   string
	Environment Environment
}
