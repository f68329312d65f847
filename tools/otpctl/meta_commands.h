/* The commands that look after a WhatsApp account, and the one that begins with it. */
#pragma once

#include "tools/otpctl/otpctl.h"

int command_template_create(struct otpctl *ctl);
int command_template_list(struct otpctl *ctl);
int command_template_status(struct otpctl *ctl);
int command_template_delete(struct otpctl *ctl);
int command_number_status(struct otpctl *ctl);
int command_number_register(struct otpctl *ctl);
int command_number_pin(struct otpctl *ctl);
int command_number_request_code(struct otpctl *ctl);
int command_number_verify_code(struct otpctl *ctl);
int command_webhook_subscribe(struct otpctl *ctl);
int command_webhook_status(struct otpctl *ctl);
int command_setup(struct otpctl *ctl);
