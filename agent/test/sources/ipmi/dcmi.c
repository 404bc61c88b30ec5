/*
 * A module for ipmi_sim that answers DCMI "Get Power Reading" (DCMI 1.5, section 6.6.1) with what a file says at that
 * moment: "<watts> <state> <completion code>", numbers in any base that C knows.
 */
#include <stdio.h>
#include <string.h>
#include <OpenIPMI/serv.h>
#include <OpenIPMI/mcserv.h>

#define GROUP 0xdc
#define GET_POWER_READING 0x02

static char path[512];

static void put16(unsigned char *at, unsigned int value)
{
    at[0] = value & 0xff;
    at[1] = value >> 8 & 0xff;
}

static void answer(lmc_data_t *mc, msg_t *msg, unsigned char *data, unsigned int *length, void *unused)
{
    int watts = 0, state = 0, code = 0xc1;
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%i %i %i", &watts, &state, &code) != 3) code = 0xff;
        fclose(file);
    }
    if (msg->cmd != GET_POWER_READING) code = 0xc1;
    memset(data, 0, 19);
    data[0] = code;
    *length = 1;
    if (code) return;
    data[1] = GROUP;
    put16(data + 2, watts);
    put16(data + 4, watts / 2);
    put16(data + 6, watts);
    put16(data + 8, watts / 2);
    put16(data + 14, 1000);
    data[18] = state ? 0x40 : 0;
    *length = 19;
}

int ipmi_sim_module_print_version(sys_data_t *sys, char *options)
{
    printf("dcmi power reading for tests\n");
    return 0;
}

int ipmi_sim_module_init(sys_data_t *sys, char *options)
{
    snprintf(path, sizeof path, "%s", options ? options : "");
    ipmi_emu_register_group_extension_handler(GROUP, answer, NULL);
    return 0;
}

int ipmi_sim_module_post_init(sys_data_t *sys, char *options)
{
    return 0;
}
