#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# program-rulesets.sh: lets firewall programs of this Debian release make their rulesets for a host with eth0, each
# in its most usual configuration (shorewall: in each of its samples), and saves them in rules/hosts/programs in the form of
# iptables-save or nft, for RulesetTests. Needs root. The programs are installed with apt, into a private root file system
# and not into this machine. Takes about a minute.
set -euo pipefail
. "$(dirname "$0")/../../scripts/lib/common.sh"
. Tests/Hosts/private-root.sh

directory=$PWD/rules/hosts/programs
# The script runs itself twice more: `outside` LAYER in the new namespaces, then `inside` the private root.
stage=${1:-}
case $stage in
"")
    begin 'to be run as root' 'the firewall programs, outside of this machine' 'about a minute'
    layer=$(private_root_layer iptables shorewall ferm firehol arno-iptables-firewall fail2ban python3-systemd)
    mkdir -p "$directory"
    private_root_enter bash Tests/Hosts/program-rulesets.sh outside "$layer"
    ;;
outside)
    # The network namespace is new, and /sys and /proc must show it.
    mount -t sysfs sysfs /sys
    private_root_mount "$2" /mnt
    exec chroot /mnt/root bash "$PWD/Tests/Hosts/program-rulesets.sh" inside
    ;;
inside)
    ip link set lo up
    for number in 0 1 2; do
        ip link add "eth$number" type veth peer name "far$number"
        ip link set "far$number" up
        ip link set "eth$number" up
    done
    ip address add 6.6.6.2/24 dev eth0
    ip address add 192.168.1.1/24 dev eth1
    ip address add 192.168.2.1/24 dev eth2
    ip route add default via 6.6.6.1
    update-alternatives --set iptables /usr/sbin/iptables-nft >&2
    update-alternatives --set ip6tables /usr/sbin/ip6tables-nft >&2

    # save NAME VERSION: saves the ruleset that a program made, without dates and counters, in the file NAME.ipt, and
    # removes it. VERSION is the result of `version`.
    save() {
        local name=$1
        shift
        {
            echo "# $name, as $* of Debian $(</etc/debian_version) writes it"
            iptables-save | grep -v '^#' | sed -E 's/^(:[^ ]+ [^ ]+) \[.*/\1 [0:0]/'
        } >"$directory/$name.ipt"
        nft flush ruleset
        echo "saved $name: $(wc -l <"$directory/$name.ipt") lines" >&2
    }
    # version PACKAGE: prints the name and the version of the package.
    version() { dpkg-query -W -f '${Package} ${Version}' "$1"; }

    for sample in one-interface two-interfaces three-interfaces Universal; do
        rm -rf /etc/shorewall
        cp -r "/usr/share/doc/shorewall/examples/$sample" /etc/shorewall
        find /etc/shorewall -name '*.gz' -exec gunzip -f {} +
        sed -i 's/^STARTUP_ENABLED=.*/STARTUP_ENABLED=Yes/; s/^DISABLE_IPV6=.*/DISABLE_IPV6=No/' /etc/shorewall/shorewall.conf
        echo 'STARTUP=1' >/etc/default/shorewall
        shorewall start >&2
        save "shorewall-${sample,,}" "$(version shorewall)"
    done

    # Only the rules for IPv4: without the lines of commands, up to the second occurrence of a table, which is that of IPv6.
    ferm --noexec --lines /etc/ferm/ferm.conf >/tmp/ferm.txt
    sed -n '/iptables-restore\|ip6tables-restore/!p' /tmp/ferm.txt | awk '/^\*/ && seen[$0]++ {exit} {print}' | iptables-restore
    save ferm "$(version ferm)"

    cat >/etc/firehol/firehol.conf <<'CONF'
version 6
interface4 eth0 world
    protection strong
    server ssh accept
    client all accept
interface4 eth1 lan
    policy accept
CONF
    sed -i 's/^START_FIREHOL=.*/START_FIREHOL=YES/' /etc/default/firehol
    cat >>/etc/firehol/firehol-defaults.conf <<'CONF'
IPTABLES_CMD=/usr/sbin/iptables-nft
IPTABLES_SAVE_CMD=/usr/sbin/iptables-nft-save
IPTABLES_RESTORE_CMD=/usr/sbin/iptables-nft-restore
ENABLE_IPV6=0
CONF
    firehol start >&2
    save firehol "$(version firehol)"

    cat >/etc/arno-iptables-firewall/conf.d/00debconf.conf <<'CONF'
EXT_IF="eth0"
EXT_IF_DHCP_IP=0
OPEN_TCP="22"
OPEN_UDP=""
INT_IF=""
NAT=0
IPV6_SUPPORT=0
CONF
    arno-iptables-firewall start >&2
    save arno-iptables-firewall "$(version arno-iptables-firewall)"

    # ban ACTION COMMAND...: lets fail2ban ban two addresses with this action, and waits until COMMAND shows the second one,
    # 10 seconds at most.
    ban() {
        local action=$1
        shift
        mkdir -p /run/fail2ban
        touch /var/log/auth.log
        printf '[DEFAULT]\nbanaction = %s\n[sshd]\nenabled = true\nbackend = polling\nlogpath = /var/log/auth.log\n' \
            "$action" >/etc/fail2ban/jail.local
        fail2ban-client -x start >&2
        fail2ban-client set sshd banip 203.0.113.5 203.0.113.99 >&2
        for ((i = 0; i < 100; i++)); do
            ! "$@" 2>/dev/null | grep -q 203.0.113.99 || return 0
            sleep 0.1
        done
        cat /var/log/fail2ban.log >&2
        return 1
    }
    iptables -P INPUT DROP
    iptables -A INPUT -i lo -j ACCEPT
    iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    ban iptables-multiport iptables -n -L
    save fail2ban-iptables "$(version fail2ban)"
    fail2ban-client stop >&2

    nft -f - <<'NFT'
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif "lo" accept
        ct state established,related accept
        tcp dport 22 accept
    }
}
NFT
    ban nftables-allports nft list ruleset
    {
        echo "# fail2ban-nft, as $(version fail2ban) of Debian $(</etc/debian_version) writes it"
        nft -s list ruleset
    } >"$directory/fail2ban-nft.nft"
    fail2ban-client stop >&2
    ;;
*) misuse "unknown argument $stage" ;;
esac
