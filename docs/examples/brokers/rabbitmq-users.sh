#!/bin/sh
# Makes definitions for RabbitMQ of lines like those of the file `users`: a role, a name, a password.
#
#	sh rabbitmq-users.sh <users | sudo rabbitmqctl import_definitions
#	sudo rabbitmqctl delete_user guest
#
# Names are letters, digits, - and _. The client id of a device is inceptiond-<name>-<8 hexadecimal digits>, as it is by itself; that of
# others begins with their name.
set -eu
users= rights= topics=
while read -r role name password; do
	case $name in *[!A-Za-z0-9_-]* | '') echo "the name $name: want letters, digits, - and _" >&2 && exit 1 ;; esac
	case $password in *[\"\\]* | '') echo "the password of $name: want one without \" and \\" >&2 && exit 1 ;; esac
	all='^(inceptiond|homeassistant)\\..*$' command='^inceptiond\\.[^.]+\\.[^.]+\\.[^.]+\\.set$' nothing='^$'
	# A subscription is a queue, which goes by the client id: nobody gets at another's.
	queue="mqtt-subscription-$name(-.*)?qos[01]"
	case $role in
	device)
		own='inceptiond\\.{username}\\..*|homeassistant\\.device\\.inceptiond_{username}\\..*'
		write="^($own)\$" read="^($own|homeassistant\\\\.status)\$"
		queue="mqtt-subscription-inceptiond-$name-[0-9a-f]{8}(-.*)?qos[01]"
		;;
	reader) write=$nothing read=$all ;;
	operator) write=$command read=$all ;;
	homeassistant) write="$command|^homeassistant\\\\.status\$" read=$all ;;
	*) echo "the role $role: want device, reader, operator or homeassistant" >&2 && exit 1 ;;
	esac
	users="$users${users:+,}
{\"name\":\"$name\",\"password\":\"$password\",\"tags\":\"\",\"limits\":{\"max-connections\":10}}"
	rights="$rights${rights:+,}
{\"user\":\"$name\",\"vhost\":\"/\",\"configure\":\"^$queue\$\",\"write\":\"^($queue|amq\\\\.topic)\$\",\"read\":\"^($queue|amq\\\\.topic)\$\"}"
	topics="$topics${topics:+,}
{\"user\":\"$name\",\"vhost\":\"/\",\"exchange\":\"amq.topic\",\"write\":\"$write\",\"read\":\"$read\"}"
done
printf '{"vhosts":[{"name":"/"}],"users":[%s],\n"permissions":[%s],\n"topic_permissions":[%s]}\n' "$users" "$rights" "$topics"
