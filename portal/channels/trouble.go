package channels

import (
	"context"
	"errors"
	"fmt"

	"github.com/wppmarketing/developers/portal"
	"github.com/wppmarketing/developers/portal/whatsapp"
)

// Step is what was asked of WhatsApp.
type Step string

// The steps.
const (
	StepCheck     Step = "check"     // may the token speak for the number?
	StepSubscribe Step = "subscribe" // call us about the business account
	StepRegister  Step = "register"  // let the number send
	StepCode      Step = "code"      // prove that the number is the account's
)

// TroubleError is what WhatsApp refused, in words for a person. It holds no secret.
type TroubleError struct {
	Step     Step
	Field    string // of the form that is at fault, or ""
	Cause    portal.Words
	Fix      portal.Words
	Code     int // WhatsApp's, 0 without an answer
	Subcode  int
	Title    string // WhatsApp's own words, for support
	TraceID  string
	HTTPCode int
}

// Error is for the log: the code only.
func (t *TroubleError) Error() string {
	return fmt.Sprintf("whatsapp refused %s: code %d/%d, status %d", t.Step, t.Code, t.Subcode, t.HTTPCode)
}

// TroubleOf returns the TroubleError in err's chain, nil when there is none.
func TroubleOf(err error) *TroubleError {
	t, _ := errors.AsType[*TroubleError](err)
	return t
}

// trouble turns an outcome that is not Accepted into words, and logs it.
func (s *Service) trouble(ctx context.Context, step Step, out whatsapp.Outcome) error {
	t := &TroubleError{Step: step, TraceID: out.TraceID, HTTPCode: out.HTTPStatus}
	if out.Error != nil {
		t.Code, t.Subcode, t.Title = out.Error.Code, out.Error.Subcode, out.Error.Title
	}
	x := explanationOf(step, out)
	t.Field, t.Cause, t.Fix = x.field, x.cause, x.fix
	s.log.WarnContext(ctx, "whatsapp refused", "step", string(step), "provider_code", t.Code, "subcode", t.Subcode,
		"http_status", t.HTTPCode, "trace", t.TraceID, "error", out.Cause)
	return t
}

// explanation is what a refusal means at a step; "" is any step.
type explanation struct {
	step     Step
	from, to int // WhatsApp's codes
	subcode  int // 0 = any
	field    string
	cause    portal.Words
	fix      portal.Words
}

func explanationOf(step Step, out whatsapp.Outcome) explanation {
	if out.Error == nil {
		if out.HTTPStatus == 0 {
			return unreachable
		}
		return unclear
	}
	for _, x := range explanations {
		if (x.step == "" || x.step == step) && x.from <= out.Error.Code && out.Error.Code <= x.to && (x.subcode == 0 || x.subcode == out.Error.Subcode) {
			return x
		}
	}
	return unclear
}

var unreachable = explanation{
	cause: portal.Words{EN: "WhatsApp could not be reached.", PT: "Não foi possível chegar ao WhatsApp."},
	fix:   portal.Words{EN: "Try again in a minute. If it stays so, the operator of this installation checks its way to graph.facebook.com.", PT: "Tente de novo em um minuto. Se continuar, quem opera esta instalação verifica o acesso a graph.facebook.com."},
}

var unclear = explanation{
	cause: portal.Words{EN: "WhatsApp refused without a reason that we know.", PT: "O WhatsApp recusou sem um motivo conhecido."},
	fix:   portal.Words{EN: "Try again in a minute. If it stays so, give the code and trace below to Meta’s support.", PT: "Tente de novo em um minuto. Se continuar, informe o código e o rastreio abaixo ao suporte da Meta."},
}

// explanations are the refusals that people meet, the closest first.
var explanations = []explanation{
	{
		"", 190, 190, 463, "token",
		portal.Words{EN: "The access token has expired.", PT: "O token de acesso venceu."},
		portal.Words{EN: "Make a token of a system user that never expires: Business settings, System users, Generate token.", PT: "Gere um token de usuário do sistema sem validade: Configurações da empresa, Usuários do sistema, Gerar token."},
	},
	{
		"", 190, 190, 460, "token",
		portal.Words{EN: "The token’s user changed the password or left, so the token ended.", PT: "O usuário do token trocou a senha ou saiu, e o token foi encerrado."},
		portal.Words{EN: "Make a token of a system user: it depends on nobody’s password.", PT: "Gere um token de usuário do sistema: ele não depende da senha de ninguém."},
	},
	{
		"", 0, 0, 0, "token",
		portal.Words{EN: "WhatsApp does not know the access token.", PT: "O WhatsApp não reconhece o token de acesso."},
		portal.Words{EN: "Copy the whole token again, without spaces, and make sure it was not revoked.", PT: "Copie o token inteiro de novo, sem espaços, e confirme que ele não foi revogado."},
	},
	{
		"", 190, 190, 0, "token",
		portal.Words{EN: "WhatsApp does not know the access token.", PT: "O WhatsApp não reconhece o token de acesso."},
		portal.Words{EN: "Copy the whole token again, without spaces, and make sure it was not revoked.", PT: "Copie o token inteiro de novo, sem espaços, e confirme que ele não foi revogado."},
	},
	{
		StepCheck, 100, 100, 33, "phone_number_id",
		portal.Words{EN: "The token sees no number with this id.", PT: "O token não enxerga nenhum número com este ID."},
		portal.Words{EN: "Copy the phone number ID (not the number) from API Setup, and assign the WhatsApp account to the token’s system user.", PT: "Copie o ID do número (não o número) em Configuração da API e atribua a conta do WhatsApp ao usuário do sistema do token."},
	},
	{
		StepSubscribe, 100, 100, 33, "waba_id",
		portal.Words{EN: "The token sees no WhatsApp Business account with this id.", PT: "O token não enxerga nenhuma conta do WhatsApp Business com este ID."},
		portal.Words{EN: "Copy the WhatsApp Business account ID from API Setup, and assign that account to the token’s system user.", PT: "Copie o ID da conta do WhatsApp Business em Configuração da API e atribua essa conta ao usuário do sistema do token."},
	},
	{
		StepCheck, 803, 803, 0, "phone_number_id",
		portal.Words{EN: "WhatsApp knows no number with this id.", PT: "O WhatsApp não conhece nenhum número com este ID."},
		portal.Words{EN: "Copy the phone number ID from API Setup: it is not the number itself.", PT: "Copie o ID do número em Configuração da API: não é o próprio número."},
	},
	{
		StepSubscribe, 803, 803, 0, "waba_id",
		portal.Words{EN: "WhatsApp knows no business account with this id.", PT: "O WhatsApp não conhece nenhuma conta comercial com este ID."},
		portal.Words{EN: "Copy the WhatsApp Business account ID from API Setup.", PT: "Copie o ID da conta do WhatsApp Business em Configuração da API."},
	},
	{
		"", 33, 33, 0, "phone_number_id",
		portal.Words{EN: "The number was deleted at WhatsApp.", PT: "O número foi excluído no WhatsApp."},
		portal.Words{EN: "Add it again in WhatsApp Manager, and use its new phone number ID.", PT: "Adicione-o de novo no Gerenciador do WhatsApp e use o novo ID do número."},
	},
	{
		StepSubscribe, 3, 299, 0, "token",
		portal.Words{EN: "The token may not manage this WhatsApp account.", PT: "O token não pode gerenciar esta conta do WhatsApp."},
		portal.Words{EN: "Give it the permissions whatsapp_business_management and whatsapp_business_messaging, and full control of the account.", PT: "Dê a ele as permissões whatsapp_business_management e whatsapp_business_messaging e controle total da conta."},
	},
	{
		"", 4, 4, 0, "",
		portal.Words{EN: "The app has made too many calls to WhatsApp.", PT: "O aplicativo fez chamadas demais ao WhatsApp."},
		portal.Words{EN: "Wait some minutes and try again.", PT: "Aguarde alguns minutos e tente de novo."},
	},
	{
		"", 80007, 80008, 0, "",
		portal.Words{EN: "The WhatsApp account has had too many calls this hour.", PT: "A conta do WhatsApp recebeu chamadas demais nesta hora."},
		portal.Words{EN: "Wait an hour and try again.", PT: "Aguarde uma hora e tente de novo."},
	},
	{
		"", 1, 2, 0, "",
		portal.Words{EN: "WhatsApp has a fault of its own for the moment.", PT: "O WhatsApp está com uma falha no momento."},
		portal.Words{EN: "Try again in a minute.", PT: "Tente de novo em um minuto."},
	},
	{
		"", 3, 299, 0, "token",
		portal.Words{EN: "The token lacks a permission.", PT: "Falta uma permissão ao token."},
		portal.Words{EN: "Give it whatsapp_business_messaging and whatsapp_business_management, and assign the number’s account to its system user.", PT: "Dê a ele whatsapp_business_messaging e whatsapp_business_management e atribua a conta do número ao usuário do sistema."},
	},
	{
		"", 131005, 131005, 0, "token",
		portal.Words{EN: "The token lacks a permission.", PT: "Falta uma permissão ao token."},
		portal.Words{EN: "Give it whatsapp_business_messaging and whatsapp_business_management, and assign the number’s account to its system user.", PT: "Dê a ele whatsapp_business_messaging e whatsapp_business_management e atribua a conta do número ao usuário do sistema."},
	},
	{
		"", 368, 368, 0, "",
		portal.Words{EN: "WhatsApp has blocked the account for its policies.", PT: "O WhatsApp bloqueou a conta por causa das políticas."},
		portal.Words{EN: "Open Account quality in WhatsApp Manager and ask for a review.", PT: "Abra Qualidade da conta no Gerenciador do WhatsApp e peça uma revisão."},
	},
	{
		"", 131031, 131031, 0, "",
		portal.Words{EN: "WhatsApp has locked the account.", PT: "O WhatsApp travou a conta."},
		portal.Words{EN: "Open Account quality in WhatsApp Manager and ask for a review.", PT: "Abra Qualidade da conta no Gerenciador do WhatsApp e peça uma revisão."},
	},
	{
		"", 131042, 131042, 0, "",
		portal.Words{EN: "WhatsApp has no way to be paid.", PT: "O WhatsApp está sem forma de pagamento."},
		portal.Words{EN: "Add a payment method to the WhatsApp account in Business settings.", PT: "Adicione uma forma de pagamento à conta do WhatsApp nas Configurações da empresa."},
	},
	{
		"", 133005, 133005, 0, "pin",
		portal.Words{EN: "The PIN is not that of the number’s two-step verification.", PT: "O PIN não é o da confirmação em duas etapas do número."},
		portal.Words{EN: "Use its PIN, or set a new one in WhatsApp Manager, Phone numbers, Settings.", PT: "Use o PIN correto ou defina outro no Gerenciador do WhatsApp, Números de telefone, Configurações."},
	},
	{
		"", 133006, 133006, 0, "",
		portal.Words{EN: "WhatsApp wants proof that the number is yours first.", PT: "O WhatsApp quer primeiro a prova de que o número é seu."},
		portal.Words{EN: "Have a code sent to the number on its page, enter it, then register.", PT: "Na página do número, peça o código, informe-o e depois registre."},
	},
	{
		"", 133008, 133009, 0, "pin",
		portal.Words{EN: "The PIN was wrong or asked for too often.", PT: "O PIN foi informado errado ou vezes demais."},
		portal.Words{EN: "Wait until WhatsApp takes a PIN again, or set a new one in WhatsApp Manager.", PT: "Aguarde até o WhatsApp aceitar um PIN de novo ou defina outro no Gerenciador do WhatsApp."},
	},
	{
		"", 133010, 133010, 0, "pin",
		portal.Words{EN: "The number is not registered.", PT: "O número não está registrado."},
		portal.Words{EN: "Register it with a six-digit PIN.", PT: "Registre-o com um PIN de seis dígitos."},
	},
	{
		"", 133015, 133016, 0, "",
		portal.Words{EN: "The number was registered or removed too often lately.", PT: "O número foi registrado ou excluído vezes demais há pouco."},
		portal.Words{EN: "Wait: WhatsApp takes a number at most ten times in 72 hours.", PT: "Aguarde: o WhatsApp aceita um número no máximo dez vezes em 72 horas."},
	},
	{
		"", 133000, 133016, 0, "",
		portal.Words{EN: "WhatsApp could not register the number.", PT: "O WhatsApp não conseguiu registrar o número."},
		portal.Words{EN: "Wait some minutes and try again.", PT: "Aguarde alguns minutos e tente de novo."},
	},
	{
		StepCode, 136024, 136025, 0, "code",
		portal.Words{EN: "The code is wrong, too old, or was asked for too often.", PT: "O código está errado, é antigo ou foi pedido vezes demais."},
		portal.Words{EN: "Have a new code sent, and enter it within minutes.", PT: "Peça um novo código e informe-o em poucos minutos."},
	},
}
