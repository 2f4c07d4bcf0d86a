package views

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/views/ui"
)

// When a figure becomes a concern.
const (
	lateWork      = time.Minute     // a due row that old is worth a look
	veryLateWork  = 5 * time.Minute // and this one an alarm
	quietLoop     = 2 * time.Minute // a pass that long late
	quietChore    = time.Hour       // the first retention of a long log takes its time
	slowTurn      = 250 * time.Millisecond
	largeWAL      = 256 << 20
	crowded       = 80 // percent of a bounded buffer
	failingShare  = 1  // percent of calls answered with 5xx
	failingCalls  = 5
	recentFailure = 5 * time.Minute
)

// concern is something that is wrong, in plain words: what, and what to do.
type concern struct {
	alarm       bool // somebody should act now
	title, text string
}

// concerns returns what is wrong, alarms first.
func concerns(ctx context.Context, p HealthProps) (list []concern) {
	var notices []concern
	for _, find := range []func(context.Context, HealthProps) []concern{
		databaseConcerns, queueConcerns, answerConcerns, whatsAppConcerns, loopConcerns, limitConcerns, logConcerns,
	} {
		for _, c := range find(ctx, p) {
			if c.alarm {
				list = append(list, c)
			} else {
				notices = append(notices, c)
			}
		}
	}
	return append(list, notices...)
}

func databaseConcerns(ctx context.Context, p HealthProps) (list []concern) {
	d := p.Database
	if !d.Answers {
		list = append(list, concern{
			true,
			ui.L(ctx, "The database does not answer", "O banco de dados não responde"),
			ui.L(ctx, "Requests that need it get 503. Look at the disk or at PostgreSQL, and at the newest error in the log. The program recovers by itself.", "Requisições que precisam dele recebem 503. Veja o disco ou o PostgreSQL, e o erro mais recente no log. O programa se recupera sozinho."),
		})
	}
	if d.Unavailable > 0 {
		list = append(list, concern{
			true,
			fmt.Sprintf(ui.L(ctx, "Not stored in the last %s: %s", "Não gravadas nos últimos %s: %s"), wholeSeconds(ctx, p.Span), ui.Num(ctx, d.Unavailable)),
			ui.L(ctx, "These got 503 storage_unavailable. A full disk or a broken one is the usual cause.", "Elas receberam 503 storage_unavailable. A causa comum é disco cheio ou com defeito."),
		})
	}
	if d.Overloaded > 0 {
		list = append(list, concern{
			false,
			fmt.Sprintf(ui.L(ctx, "Refused as overloaded in the last %s: %s", "Recusadas por sobrecarga nos últimos %s: %s"), wholeSeconds(ctx, p.Span), ui.Num(ctx, d.Overloaded)),
			ui.L(ctx, "Callers were told to come back. A faster disk helps, or PostgreSQL with more nodes.", "Quem chamou foi avisado para tentar de novo. Um disco mais rápido ajuda, ou PostgreSQL com mais nós."),
		})
	}
	if d.WaitP95 > slowTurn {
		list = append(list, concern{
			false,
			fmt.Sprintf(ui.L(ctx, "Transactions wait %s for their turn", "Transações esperam %s pela vez"), elapsed(ctx, d.WaitP95)),
			ui.L(ctx, "One in twenty waits that long. Look at the commit time below: a slow disk shows there.", "Uma em vinte espera isso. Veja o tempo de commit abaixo: um disco lento aparece ali."),
		})
	}
	if d.WAL > largeWAL {
		list = append(list, concern{
			false,
			fmt.Sprintf(ui.L(ctx, "The write-ahead log has %s", "O log de escrita tem %s"), bytesText(ctx, d.WAL)),
			ui.L(ctx, "A long read holds it back, a backup for example. It shrinks when that ends.", "Uma leitura longa o segura, por exemplo um backup. Ele diminui quando ela terminar."),
		})
	}
	return list
}

func queueConcerns(ctx context.Context, p HealthProps) (list []concern) {
	for _, q := range p.Queues {
		name := ui.W(ctx, queueName(q.Kind))
		if q.Oldest >= lateWork {
			list = append(list, concern{
				q.Oldest >= veryLateWork,
				fmt.Sprintf(ui.L(ctx, "%s: the oldest waits %s", "%s: o item mais antigo espera %s"), name, wholeSeconds(ctx, q.Oldest)),
				fmt.Sprintf(ui.L(ctx, "Due: %s. Look at the background loops and at what they call.", "Na vez: %s. Veja as rotinas de fundo e o que elas chamam."), countedText(ctx, q.Due)),
			})
		}
		if q.Dead > 0 {
			list = append(list, concern{
				false,
				fmt.Sprintf(ui.L(ctx, "%s: %s given up", "%s: %s sem mais tentativas"), name, ui.Num(ctx, q.Dead)),
				ui.L(ctx, "They failed at every attempt, and nothing more is tried. The log names each.", "Todas as tentativas falharam, e nada mais é tentado. O log indica cada item."),
			})
		}
	}
	return list
}

func answerConcerns(ctx context.Context, p HealthProps) []concern {
	n := p.Total.Calls()
	if p.Total.Failed < failingCalls || p.Total.Failed*100 < n*failingShare {
		return nil
	}
	return []concern{{
		true,
		fmt.Sprintf(ui.L(ctx, "%s of the answers are server errors", "%s das respostas são erros do servidor"), ui.Pct(ctx, 100*float64(p.Total.Failed)/float64(n))),
		ui.L(ctx, "The table of routes says where. Each has a line with its request ID in the log.", "A tabela de rotas mostra onde. Cada uma tem uma linha com o ID da requisição no log."),
	}}
}

// troubles are the outcomes of calls to WhatsApp that somebody should know of.
var troubles = map[string]portal.Words{
	"channel_stopped": {EN: "A number was stopped: its token, permission or registration needs somebody.", PT: "Um número parou: o token, a permissão ou o registro precisa de alguém."},
	"throttled":       {EN: "WhatsApp limits the number. Messages wait and go out slower.", PT: "O WhatsApp limita o número. As mensagens esperam e saem mais devagar."},
	"unknown":         {EN: "The answer was lost. These are not sent again; a status decides.", PT: "A resposta se perdeu. Elas não são enviadas de novo; um status decide."},
	"retry_later":     {EN: "WhatsApp could not be reached or asked to come back. They are tried again.", PT: "O WhatsApp não foi alcançado ou pediu para tentar depois. Haverá nova tentativa."},
}

func whatsAppConcerns(ctx context.Context, p HealthProps) (list []concern) {
	for _, c := range p.Calls {
		if words, ok := troubles[c.Outcome]; ok && c.Calls > 0 {
			title := fmt.Sprintf(ui.L(ctx, "WhatsApp (%s): %s calls ended as %s", "WhatsApp (%s): %s chamadas terminaram como %s"), c.To, ui.Num(ctx, c.Calls), c.Outcome)
			list = append(list, concern{c.Outcome == "channel_stopped", title, ui.W(ctx, words)})
		}
	}
	return list
}

// choreLoops are the loops whose passes may take long: retention, and asking
// WhatsApp about every number while it does not answer.
var choreLoops = []string{"chores", "whatsapp-chores", "reconnect"}

func loopConcerns(ctx context.Context, p HealthProps) (list []concern) {
	for _, l := range p.Loops {
		last := l.Last
		if last.IsZero() {
			last = p.Started
		}
		allowed := l.Every + quietLoop
		if slices.Contains(choreLoops, l.Name) {
			allowed = quietChore
		}
		if quiet := p.Now.Sub(last); quiet > allowed {
			list = append(list, concern{
				true,
				fmt.Sprintf(ui.L(ctx, "The loop %s has not passed for %s", "A rotina %s não passa há %s"), l.Name, wholeSeconds(ctx, quiet)),
				ui.L(ctx, "Its work stands still on this node. If it stays so, start the program again.", "O trabalho dela parou neste nó. Se continuar assim, reinicie o programa."),
			})
		}
		if !l.Failed.IsZero() && p.Now.Sub(l.Failed) < recentFailure {
			list = append(list, concern{
				false,
				fmt.Sprintf(ui.L(ctx, "The loop %s failed %s ago", "A rotina %s falhou há %s"), l.Name, wholeSeconds(ctx, p.Now.Sub(l.Failed))),
				ui.L(ctx, "It tries again by itself. The log has the cause.", "Ela tenta de novo sozinha. O log tem a causa."),
			})
		}
	}
	return list
}

func limitConcerns(ctx context.Context, p HealthProps) []concern {
	if !p.LimitsAway {
		return nil
	}
	return []concern{{
		false,
		ui.L(ctx, "Redis does not answer: each node counts limits for itself", "O Redis não responde: cada nó conta os limites sozinho"),
		ui.L(ctx, "With several nodes a token may call more often than its limit until Redis is back.", "Com vários nós, um token pode passar do limite até o Redis voltar."),
	}}
}

func logConcerns(ctx context.Context, p HealthProps) (list []concern) {
	if p.Log.Lost > 0 {
		list = append(list, concern{
			false,
			fmt.Sprintf(ui.L(ctx, "Rows of the request log lost since the start: %s", "Linhas do log de requisições perdidas desde o início: %s"), ui.Num(ctx, p.Log.Lost)),
			ui.L(ctx, "Its buffer was full or the database was away. Accepted writes always have their row.", "O buffer estava cheio ou o banco estava fora. Escritas aceitas sempre têm sua linha."),
		})
	}
	if p.Log.Waiting*100 >= p.Log.Room*crowded && p.Log.Room > 0 {
		list = append(list, concern{
			false,
			ui.L(ctx, "The buffer of the request log is nearly full", "O buffer do log de requisições está quase cheio"),
			ui.L(ctx, "When it is full, requests wait up to a second and then rows are lost.", "Quando enche, requisições esperam até um segundo e depois linhas se perdem."),
		})
	}
	return list
}
