#!/bin/sh
# Makes the rights of a NATS server of lines like those of the file `users`: a role, a name, a password. A password may be a hash, as
# `nats server passwd` makes it.
#
#	sh nats-users.sh <users | sudo install -m 600 -o nats /dev/stdin /etc/nats-users.conf
#
# Two roles more are for programs that speak NATS: consumer, who takes events from the consumer `events` of $MQTT_msgs, and admin,
# who makes it.
#
# A topic's / is a subject's dot; x/# is x and x.>. $MQTT.sub. is where a server brings what a subscriber with QoS 1 gets; over MQTT
# nobody can listen there.
set -eu
echo 'authorization {users: ['
while read -r role name password; do
	case $name in *[!A-Za-z0-9_-]* | '') echo "the name $name: want letters, digits, - and _" >&2 && exit 1 ;; esac
	case $password in *[\"\\]* | '') echo "the password of $name: want one without \" and \\" >&2 && exit 1 ;; esac
	command='"inceptiond.*.*.*.set"' all='"inceptiond", "inceptiond.>", "homeassistant", "homeassistant.>"'
	case $role in
	device)
		own="\"inceptiond.$name.>\", \"homeassistant.device.inceptiond_$name.>\""
		write="allow: [$own]" read="$own, \"inceptiond.$name\", \"homeassistant.device.inceptiond_$name\", \"homeassistant.status\""
		;;
	reader) write='deny: ">"' read=$all ;;
	operator) write="allow: [$command]" read=$all ;;
	homeassistant) write="allow: [$command, \"homeassistant.status\"]" read=$all ;;
	consumer)
		api='"$JS.API.CONSUMER.INFO.$MQTT_msgs.events", "$JS.API.CONSUMER.MSG.NEXT.$MQTT_msgs.events", "$JS.ACK.$MQTT_msgs.events.>"'
		echo "  {user: \"$name\", password: \"$password\", permissions: {publish: {allow: [$api]}, subscribe: {allow: [\"_INBOX.>\"]}}}"
		continue
		;;
	admin)
		echo "  {user: \"$name\", password: \"$password\"}"
		continue
		;;
	*) echo "the role $role: want device, reader, operator, homeassistant, consumer or admin" >&2 && exit 1 ;;
	esac
	cat <<-END
		  {user: "$name", password: "$password", allowed_connection_types: [MQTT],
		   permissions: {publish: {$write}, subscribe: {allow: [$read, "\$MQTT.sub.>"]}}}
	END
done
echo ']}'
