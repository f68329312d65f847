/* doctor: the whole installation, one check after the other. */
#include "tools/otpctl/doctor.h"

#include "tools/otpctl/output.h"

#include <stdarg.h>

static void check_config(struct doctor *doctor)
{
	const char *file = otpctl_config_file(doctor->ctl);

	doctor->config = otpctl_config(doctor->ctl);
	if (!doctor->config) {
		doctor_report(doctor, VERDICT_FAIL, "config", "correct it; whatsapp-otpctl config check", "%s",
			      doctor->ctl->config_error);
		return;
	}
	for (char **warning = doctor->config->warnings; *warning; warning++)
		doctor_report(doctor, VERDICT_WARN, "config", NULL, "%s", *warning);
	if (doctor->config->channel_count == 0)
		doctor_report(doctor, VERDICT_FAIL, "config", "add a channel, see whatsapp-otp.conf(5)",
			      "%s: no channel, so no code can be sent", file);
	else
		doctor_report(doctor, VERDICT_OK, "config", NULL, "%s is well formed", file);
}

static void (*const checks[])(struct doctor *) = {
	check_config, doctor_check_sockets, doctor_check_core, doctor_check_meta, doctor_check_pam, doctor_check_sshd,
};

void doctor_report(struct doctor *doctor, enum verdict verdict, const char *name, const char *advice,
		   const char *format, ...)
{
	static const char *const names[] = {"ok", "warn", "fail", "skip"};
	char sentence[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	doctor->failures += verdict == VERDICT_FAIL;
	if (doctor->ctl->options.json)
		output_json(json_pack("{s:s, s:s, s:s, s:s}", "name", name, "state", names[verdict], "detail", sentence,
				      "advice", advice ? advice : ""));
	else
		printf("%-5s %s: %s%s%s\n", names[verdict], name, sentence, advice ? "; " : "", advice ? advice : "");
	fflush(stdout);
}

int command_doctor(struct otpctl *ctl)
{
	struct doctor doctor = {.ctl = ctl};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](&doctor);
	return doctor.failures > 0 ? EXIT_REFUSED : EXIT_OK;
}
