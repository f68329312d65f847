#include "daemon/base/texts.h"

#include <string.h>

/*
 * A text tells when the code expires and that it is for nobody else. An SMS fits one segment, with a code of eight
 * digits: in GSM-7, so without the letters that it lacks (in Spanish and Portuguese the code is a "clave", a "PIN"),
 * with a host of twenty characters; in UCS-2 with one of twelve, without the service.
 */
static const struct {
	const char *language;
	const char *texts[TEXT_VOICE + 1];
} built_in[] = {
	{"en",
	 {[TEXT_SMS] = "{code} is your code for {host} ({service}). It expires in {minutes} min. Never tell it to "
		       "anybody.",
	  [TEXT_SUBJECT] = "Your code for {host}",
	  [TEXT_EMAIL] = "{code} is your code for {host} ({service}).\n\n"
			 "It expires in {minutes} min. Never tell it to anybody.\n"
			 "If you did not ask for it, tell your administrator.\n",
	  [TEXT_VOICE] =
		  "Your code is {digits}. Once more: {digits}. It expires in {minutes} minutes. Never tell it to "
		  "anybody."}},
	{"ar",
	 {[TEXT_SMS] = "{code} رمز دخولك إلى {host}، صالح {minutes} دقائق. لا تخبر به أحدًا.",
	  [TEXT_SUBJECT] = "رمز دخولك إلى {host}",
	  [TEXT_EMAIL] = "{code} هو رمز دخولك إلى {host} ({service}).\n\n"
			 "تنتهي صلاحيته خلال {minutes} من الدقائق. لا تخبر به أحدًا أبدًا.\n"
			 "إذا لم تطلبه فأبلغ مسؤول النظام.\n",
	  [TEXT_VOICE] =
		  "رمز دخولك هو {digits}. مرة أخرى: {digits}. تنتهي صلاحيته خلال {minutes} من الدقائق. لا تخبر به "
		  "أحدًا أبدًا."}},
	{"de",
	 {[TEXT_SMS] = "{code} ist Ihr Code für {host} ({service}). Er gilt {minutes} min. Sagen Sie ihn niemandem.",
	  [TEXT_SUBJECT] = "Ihr Code für {host}",
	  [TEXT_EMAIL] = "{code} ist Ihr Code für {host} ({service}).\n\n"
			 "Er gilt {minutes} min. Sagen Sie ihn niemandem.\n"
			 "Wenn Sie ihn nicht angefordert haben, verständigen Sie Ihren Administrator.\n",
	  [TEXT_VOICE] = "Ihr Code ist {digits}. Noch einmal: {digits}. Er gilt {minutes} Minuten. Sagen Sie ihn "
			 "niemandem."}},
	{"es",
	 {[TEXT_SMS] =
		  "{code} es su clave de acceso a {host} ({service}). Caduca en {minutes} min. No se la diga nunca a "
		  "nadie.",
	  [TEXT_SUBJECT] = "Su código para {host}",
	  [TEXT_EMAIL] = "{code} es su código para {host} ({service}).\n\n"
			 "Caduca en {minutes} min. No se lo diga nunca a nadie.\n"
			 "Si no lo ha solicitado, avise a su administrador.\n",
	  [TEXT_VOICE] = "Su código es {digits}. Repito: {digits}. Caduca en {minutes} minutos. No se lo diga nunca a "
			 "nadie."}},
	{"fr",
	 {[TEXT_SMS] =
		  "{code} est votre code pour {host} ({service}). Il expire dans {minutes} min. Ne le donnez jamais à "
		  "personne.",
	  [TEXT_SUBJECT] = "Votre code pour {host}",
	  [TEXT_EMAIL] = "{code} est votre code pour {host} ({service}).\n\n"
			 "Il expire dans {minutes} min. Ne le donnez jamais à personne.\n"
			 "Si vous ne l'avez pas demandé, prévenez votre administrateur.\n",
	  [TEXT_VOICE] =
		  "Votre code est {digits}. Je répète : {digits}. Il expire dans {minutes} minutes. Ne le donnez "
		  "jamais à personne."}},
	{"hi",
	 {[TEXT_SMS] = "{code}: {host} का कोड, {minutes} मिनट तक मान्य। किसी को न बताएँ।",
	  [TEXT_SUBJECT] = "{host} के लिए आपका कोड",
	  [TEXT_EMAIL] = "{host} ({service}) के लिए आपका कोड {code} है।\n\n"
			 "यह {minutes} मिनट में समाप्त हो जाएगा। इसे कभी किसी को न बताएँ।\n"
			 "यदि आपने इसे नहीं माँगा है, तो अपने एडमिनिस्ट्रेटर को बताएँ।\n",
	  [TEXT_VOICE] = "आपका कोड है {digits}। फिर से: {digits}। यह {minutes} मिनट में समाप्त हो जाएगा। इसे कभी किसी को न "
			 "बताएँ।"}},
	{"id",
	 {[TEXT_SMS] =
		  "{code} adalah kode Anda untuk {host} ({service}). Berlaku {minutes} menit. Jangan beri tahu siapa "
		  "pun.",
	  [TEXT_SUBJECT] = "Kode Anda untuk {host}",
	  [TEXT_EMAIL] = "{code} adalah kode Anda untuk {host} ({service}).\n\n"
			 "Kode ini berlaku {minutes} menit. Jangan pernah memberitahukannya kepada siapa pun.\n"
			 "Jika Anda tidak memintanya, beri tahu administrator Anda.\n",
	  [TEXT_VOICE] =
		  "Kode Anda adalah {digits}. Sekali lagi: {digits}. Kode ini berlaku {minutes} menit. Jangan pernah "
		  "memberitahukannya kepada siapa pun."}},
	{"it",
	 {[TEXT_SMS] =
		  "{code} è il tuo codice per {host} ({service}). Scade tra {minutes} min. Non dirlo mai a nessuno.",
	  [TEXT_SUBJECT] = "Il tuo codice per {host}",
	  [TEXT_EMAIL] = "{code} è il tuo codice per {host} ({service}).\n\n"
			 "Scade tra {minutes} min. Non dirlo mai a nessuno.\n"
			 "Se non lo hai richiesto, avvisa l'amministratore.\n",
	  [TEXT_VOICE] = "Il tuo codice è {digits}. Ripeto: {digits}. Scade tra {minutes} minuti. Non dirlo mai a "
			 "nessuno."}},
	/* As Brazil writes it. Not "pt_BR", which would come before a text that the config has for "pt". */
	{"pt",
	 {[TEXT_SMS] =
		  "{code} é o seu PIN para entrar em {host} ({service}). Expira em {minutes} min. Nunca informe o PIN "
		  "a ninguém.",
	  [TEXT_SUBJECT] = "Seu código para {host}",
	  [TEXT_EMAIL] = "{code} é o seu código para {host} ({service}).\n\n"
			 "Ele expira em {minutes} min. Nunca o informe a ninguém.\n"
			 "Se você não o solicitou, avise o administrador.\n",
	  [TEXT_VOICE] =
		  "Seu código é {digits}. Repetindo: {digits}. Ele expira em {minutes} minutos. Nunca o informe a "
		  "ninguém."}},
	{"ru",
	 {[TEXT_SMS] = "{code} — код для {host}, действует {minutes} мин. Никому не говорите.",
	  [TEXT_SUBJECT] = "Ваш код для {host}",
	  [TEXT_EMAIL] = "{code} — ваш код для {host} ({service}).\n\n"
			 "Он действует {minutes} мин. Никому его не сообщайте.\n"
			 "Если вы его не запрашивали, сообщите администратору.\n",
	  [TEXT_VOICE] = "Ваш код: {digits}. Ещё раз: {digits}. Срок действия в минутах: {minutes}. Никому его не "
			 "сообщайте."}},
};
#define LANGUAGES (sizeof(built_in) / sizeof(built_in[0]))

const char *texts_built_in(enum text_kind kind, const char *language, size_t length)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (strncmp(built_in[i].language, language, length) == 0 && built_in[i].language[length] == '\0')
			return built_in[i].texts[kind];
	return NULL;
}

const char *texts_language(size_t i)
{
	return i < LANGUAGES ? built_in[i].language : NULL;
}
